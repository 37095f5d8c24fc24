//! As much of HTTP/1.1 as SDKs speak to a service.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    /// By name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type", kind.to_owned())],
            body: body.into(),
        }
    }
}

/// Accepts connections for ever, a thread for each.
pub(crate) fn serve(listener: &TcpListener, talk: impl Fn(TcpStream) -> io::Result<()> + Sync) {
    thread::scope(|scope| {
        for stream in listener.incoming().flatten() {
            let talk = &talk;
            scope.spawn(move || {
                // Fails where the other side hangs up, which is how a connection ends.
                let _ = stream.set_nodelay(true).and_then(|()| talk(stream));
            });
        }
    });
}

/// Reads one request; `None` at the end of the connection.
pub(crate) fn read<S: Read>(stream: &mut BufReader<S>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_ascii_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut request = Request {
        method,
        target,
        headers,
        body: Vec::new(),
    };
    if request.header("transfer-encoding") == "chunked" {
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim(), 16).unwrap_or_default();
            stream.by_ref().take(size).read_to_end(&mut request.body)?;
            line.clear();
            stream.read_line(&mut line)?;
            if size == 0 {
                break;
            }
        }
    } else {
        let size = request.header("content-length").parse().unwrap_or_default();
        stream.by_ref().take(size).read_to_end(&mut request.body)?;
    }
    Ok(Some(request))
}

/// Writes an answer, in one piece.
pub(crate) fn write<S: Write>(stream: &mut S, method: &str, answer: &Answer) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {} -\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        text.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    text.extend(format!("content-length: {}\r\n\r\n", answer.body.len()).into_bytes());
    if method != "HEAD" {
        text.extend(&answer.body);
    }
    stream.write_all(&text)?;
    stream.flush()
}
