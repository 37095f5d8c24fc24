//! A proxy in front of an emulator. It passes everything on and notes it, and makes one call fail in the way it was told.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use crate::fault::{Fault, Order};
use crate::request::{Request, Site};

/// A client that gave up has closed its end long before.
const LONGEST: Duration = Duration::from_secs(30);

/// A request as it came by.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) site: Site,
    /// The SDK's name for the call, the same in each of its attempts.
    pub(crate) call: String,
    pub(crate) body: String,
    /// What the emulator answered; none where it was not asked.
    pub(crate) effect: Option<u16>,
    /// Its refusal, if it refused.
    pub(crate) refusal: String,
    /// Whether the caller was given something else than that.
    pub(crate) is_faulty: bool,
}

impl Seen {
    /// Whether it had its effect.
    pub(crate) fn took_effect(&self) -> bool {
        self.effect.is_some_and(|status| status < 300)
    }
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    /// Each call once, in order: an attempt is no call of its own.
    calls: Vec<Site>,
    names: Vec<String>,
    order: Option<Order>,
}

/// A running proxy; it ends with the test.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Wire {
    /// Starts one in front of the emulator on this port of the machine.
    pub(crate) fn start(emulator: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            state: Arc::default(),
        };
        let at = wire.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let wire = at.clone();
                // A connection that breaks is what this is for.
                thread::spawn(move || drop(wire.serve(client, emulator)));
            }
        });
        wire
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets what came by, and lets this go wrong from now on.
    pub(crate) fn begin(&self, order: Option<Order>) {
        *self.lock() = State {
            order,
            ..State::default()
        };
    }

    /// From now on nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.lock().order = None;
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// The calls in order, each with how often the same was made before.
    pub(crate) fn calls(&self) -> Vec<Site> {
        self.lock().calls.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, client: TcpStream, emulator: SocketAddr) -> io::Result<()> {
        client.set_nodelay(true)?;
        client.set_read_timeout(Some(LONGEST))?;
        let server = TcpStream::connect(emulator)?;
        server.set_nodelay(true)?;
        let mut server = BufReader::new(server);
        loop {
            // Read without taking it out: a connection that is closed on what was not read is reset.
            let length = peek(&client)?;
            if length == 0 {
                return Ok(());
            }
            let mut raw = vec![0; length];
            client.peek(&mut raw)?;
            let request = Request::parse(&raw);
            let (seen, fault) = self.note(&request);
            match fault {
                None => {
                    (&client).read_exact(&mut raw)?;
                    let answer = self.ask(&mut server, &request, seen)?;
                    answer.send(&client, request.is_head)?;
                }
                Some(Fault::ResetBefore) => return Ok(()),
                Some(Fault::ResetAfter) => {
                    self.ask(&mut server, &request, seen)?;
                    return Ok(());
                }
                Some(Fault::Timeout) => {
                    (&client).read_exact(&mut raw)?;
                    // Until the caller gives up.
                    let mut end = [0];
                    let _ = (&client).read(&mut end);
                    return Ok(());
                }
                Some(Fault::Instead(answer)) => {
                    (&client).read_exact(&mut raw)?;
                    answer.send(&client, request.is_head)?;
                }
                Some(Fault::Garbled(garble)) => {
                    (&client).read_exact(&mut raw)?;
                    let mut answer = self.ask(&mut server, &request, seen)?;
                    garble.apply(&mut answer);
                    answer.send(&client, request.is_head)?;
                }
            }
        }
    }

    /// Takes down the request. Answers with its place in the notes and with what is to become of it.
    fn note(&self, request: &Request) -> (usize, Option<Fault>) {
        let mut state = self.lock();
        let is_known = state.names.contains(&request.call);
        if !is_known {
            let before = state.calls.iter().filter(|known| known.is_like(&request.site));
            let nth = u32::try_from(before.count()).unwrap() + 1;
            state.calls.push(Site {
                nth,
                ..request.site.clone()
            });
            state.names.push(request.call.clone());
        }
        let at = state.names.iter().position(|name| *name == request.call).unwrap();
        let site = state.calls.get(at).cloned().unwrap();
        let first = !is_known;
        let fault = state.order.as_ref().and_then(|order| order.of(&site, first));
        state.seen.push(Seen {
            site,
            call: request.call.clone(),
            body: request.body.clone(),
            effect: None,
            refusal: String::new(),
            is_faulty: fault.is_some(),
        });
        (state.seen.len() - 1, fault)
    }

    fn ask(&self, server: &mut BufReader<TcpStream>, request: &Request, seen: usize) -> io::Result<Answer> {
        let answer = match request.canned() {
            Some(answer) => answer,
            None => {
                server.get_mut().write_all(&request.raw)?;
                Answer::read(server, request.is_head)?
            }
        };
        if let Some(seen) = self.lock().seen.get_mut(seen) {
            seen.effect = Some(answer.status);
            if answer.status >= 400 {
                seen.refusal = String::from_utf8_lossy(&answer.body).into_owned();
            }
        }
        Ok(answer)
    }
}

/// Waits for a whole request. Answers with its length; none where the client has closed.
fn peek(client: &TcpStream) -> io::Result<usize> {
    let mut buffer = vec![0; 256 * 1024];
    let mut before = 0;
    loop {
        let length = client.peek(&mut buffer)?;
        let Some(head) = head_end(&buffer[..length]) else {
            if length == 0 {
                return Ok(0);
            }
            wait(&mut before, length);
            continue;
        };
        let text = String::from_utf8_lossy(&buffer[..head]);
        let body = header(&text, "content-length").map_or(0, |value| value.parse().unwrap());
        if length >= head + body {
            return Ok(head + body);
        }
        wait(&mut before, length);
    }
}

/// The rest is on its way.
fn wait(before: &mut usize, length: usize) {
    if *before == length {
        thread::sleep(Duration::from_micros(200));
    }
    *before = length;
}

pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
    Some(end + 4)
}

/// The value of a header.
pub(crate) fn header<'t>(head: &'t str, name: &str) -> Option<&'t str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// An answer to a request.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.into(),
        }
    }

    fn read(server: &mut BufReader<TcpStream>, is_head: bool) -> io::Result<Self> {
        let mut line = String::new();
        server.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other(format!("the emulator said {line:?}")))?;
        let (mut headers, mut length, mut chunked) = (Vec::new(), 0, false);
        loop {
            let mut line = String::new();
            server.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
            match name.as_str() {
                "content-length" => length = value.parse().unwrap(),
                "transfer-encoding" => chunked = true,
                "connection" => {}
                _ => headers.push((name, value)),
            }
        }
        let mut body = Vec::new();
        if is_head || status == 204 || status == 304 {
        } else if chunked {
            loop {
                let mut line = String::new();
                server.read_line(&mut line)?;
                let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
                let at = body.len();
                body.resize(at + size, 0);
                server.read_exact(&mut body[at..])?;
                server.read_line(&mut line)?;
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(length, 0);
            server.read_exact(&mut body)?;
        }
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    fn send(&self, mut client: &TcpStream, is_head: bool) -> io::Result<()> {
        let mut text = format!("HTTP/1.1 {} Answered\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 204 {
            let length = if is_head { 0 } else { self.body.len() };
            text.push_str(&format!("content-length: {length}\r\n"));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if !is_head && self.status != 204 {
            bytes.extend(&self.body);
        }
        client.write_all(&bytes)
    }
}
