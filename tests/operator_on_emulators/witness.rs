//! A relay in front of an emulator that notes which calls pass: what proves that nothing was written, and how many
//! calls a look takes, is not what the tool says of itself.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it passed: `PUT /media?policy`, or by its target `TrentService.PutKeyPolicy`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call(String);

impl Call {
    /// Whether it can change anything. What is not known to be a read is a write.
    pub(crate) fn is_write(&self) -> bool {
        const READS: [&str; 5] = ["GET /", "HEAD /", "TrentService.", "AmazonSSM.", "CloudTrail_"];
        // STS speaks the query protocol and is the only service here that does.
        let reads = self.0 == "POST /" || READS.iter().any(|read| self.0.starts_with(read));
        let operation = self.0.split_once('.').map_or("", |(_, operation)| operation);
        let of_target = !self.0.contains(' ');
        !reads
            || of_target
                && !["Get", "Describe", "List", "Lookup"]
                    .iter()
                    .any(|verb| operation.starts_with(verb))
    }
}

/// The relay; its threads end with the test.
#[derive(Debug)]
pub(crate) struct Witness {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Witness {
    /// Listens on loopback in front of `endpoint`.
    pub(crate) fn before(endpoint: &str) -> Self {
        let upstream = endpoint.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&calls);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (upstream, noted) = (upstream.clone(), Arc::clone(&noted));
                // A connection that breaks is the client's to complain of.
                thread::spawn(move || relay(&client, &upstream, &noted).ok());
            }
        });
        Self { port, calls }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What passed since this was last asked.
    pub(crate) fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }
}

fn relay(client: &TcpStream, upstream: &str, calls: &Mutex<Vec<Call>>) -> io::Result<()> {
    let server = TcpStream::connect(upstream)?;
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut requests = BufReader::new(client);
    loop {
        let head = head(&mut requests)?;
        if head.is_empty() {
            return server.shutdown(Shutdown::Write);
        }
        // Noted before it is passed on, so that it is there when the answer is.
        calls.lock().unwrap().push(named(&head));
        (&server).write_all(head.as_bytes())?;
        let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
        assert!(
            header(&head, "transfer-encoding").is_none(),
            "not understood here: {head}"
        );
        io::copy(&mut requests.by_ref().take(length), &mut &server)?;
    }
}

/// A request up to its empty line; nothing where there is no further one.
fn head(requests: &mut impl BufRead) -> io::Result<String> {
    let mut head = String::new();
    while requests.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
    Ok(head)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(": "));
    fields
        .into_iter()
        .find(|(field, _)| field.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

fn named(head: &str) -> Call {
    let target = header(head, "x-amz-target").map(str::to_owned);
    let line = head.lines().next().unwrap_or_default();
    Call(target.unwrap_or_else(|| line.trim_end_matches(" HTTP/1.1").to_owned()))
}

#[test]
fn a_read_is_told_from_a_write() {
    let call = |name: &str| Call(name.to_owned());
    for read in [
        "POST /",
        "GET /media?policy",
        "HEAD /media/key",
        "TrentService.GetKeyPolicy",
        "AmazonSSM.GetParameter",
    ] {
        assert!(!call(read).is_write(), "{read}");
    }
    for write in [
        "PUT /media?policy",
        "DELETE /media/key",
        "POST /media?delete",
        "TrentService.PutKeyPolicy",
        "SQS.Send",
    ] {
        assert!(call(write).is_write(), "{write}");
    }
}
