//! Emulators of AWS that nobody here wrote, as processes of their own on loopback.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::guardian::{Guardian, nowhere, run};

/// Its account, whichever it is.
pub(crate) const ACCOUNT: &str = "123456789012";

/// Not us-east-1, where S3 behaves differently.
pub(crate) const REGION: &str = "eu-west-1";

/// The first run fetches 130 MB.
const SETUP_LIMIT: Duration = Duration::from_secs(600);

/// A second or two on a machine at rest.
const START_LIMIT: Duration = Duration::from_secs(60);

/// `tests/emulators/setup` says so where it cannot make the environment.
const CANNOT: i32 = 77;

/// Which emulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ministack,
    Moto,
}

/// A running emulator with nothing in it. It ends when this is dropped, and also when the test is killed.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub(crate) kind: Kind,
    process: Child,
    port: u16,
    /// A folder of its own, gone when it is.
    pub(crate) folder: PathBuf,
}

impl Emulator {
    /// Starts one; `None`, and loudly, where this machine cannot have it.
    pub(crate) fn start(kind: Kind) -> Option<Self> {
        let python = python()?;
        // Between finding a free port and taking it somebody else may have taken it.
        (0..3)
            .find_map(|_| Self::try_start(kind, &python))
            .or_else(|| panic!("{kind:?} does not start"))
    }

    fn try_start(kind: Kind, python: &Path) -> Option<Self> {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("{kind:?}-{}-{number}", std::process::id()).to_lowercase();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = command(kind, python, port, &folder).spawn().unwrap();
        let mut emulator = Self {
            kind,
            process,
            port,
            folder,
        };
        emulator.is_up().then_some(emulator)
    }

    fn is_up(&mut self) -> bool {
        let path = match self.kind {
            Kind::Ministack => "/_ministack/ready",
            Kind::Moto => "/moto-api/",
        };
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline && self.process.try_wait().unwrap().is_none() {
            if answers(self.port, path) {
                // Unless that was somebody else on the same port.
                return self.process.try_wait().unwrap().is_none();
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A run of `guardian` against it.
    pub(crate) fn guardian(&self, arguments: &[&str]) -> Guardian {
        let with = |run: Guardian, (name, value): (&str, &str)| run.env(name, value);
        let run = environment().into_iter().fold(Guardian::new(arguments), with);
        run.env("AWS_ENDPOINT_URL", &self.endpoint())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Both fail only where the process is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if thread::panicking() {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            say(&format!(
                "{:?} said last, newest first:\n{}",
                self.kind,
                tail.join("\n")
            ));
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Credentials that only an emulator takes, and its Region.
pub(crate) fn environment() -> [(&'static str, &'static str); 4] {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", REGION),
        ("AWS_DEFAULT_REGION", REGION),
    ]
}

fn command(kind: Kind, python: &Path, port: u16, folder: &Path) -> Command {
    let mut command = Command::new(python);
    command
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
        .env("HOME", nowhere())
        .env("TMPDIR", folder)
        .current_dir(folder);
    let log = File::create(folder.join("log")).unwrap();
    command
        .stdin(Stdio::piped())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    command
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator/launch.py"));
    let port = port.to_string();
    match kind {
        Kind::Moto => command.args(["moto.server", "-H", "127.0.0.1", "-p", &port]),
        // See tests/emulators/README.md for each.
        Kind::Ministack => command
            .arg("ministack")
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port)
            .env("MINISTACK_HOST", "127.0.0.1")
            .env("MINISTACK_ACCOUNT_ID", ACCOUNT)
            .env("MINISTACK_REGION", REGION)
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0")
            .env("LAMBDA_EXECUTOR", "local")
            .env("LOG_LEVEL", "WARNING")
            .env("STATE_DIR", folder.join("state"))
            .env("S3_DATA_DIR", folder.join("objects")),
    };
    command
}

/// Whether a GET is answered with 200.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(String::from_utf8_lossy(&start).into_owned())
    };
    ask().is_ok_and(|start| start.ends_with(" 200"))
}

/// The interpreter of the emulators' environment, which is made if it is not there yet. It has boto3.
pub(crate) fn python() -> Option<PathBuf> {
    let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulators/setup");
    let done = run(Command::new(setup), "", SETUP_LIMIT);
    if done.status == Some(CANNOT) {
        let why = done.stderr.trim();
        let required = std::env::var_os("GUARDIAN_REQUIRE_EMULATORS").is_some_and(|value| value == "1");
        assert!(
            !required,
            "GUARDIAN_REQUIRE_EMULATORS=1, but the emulators cannot run here: {why}"
        );
        let thread = thread::current();
        let test = thread.name().unwrap_or("a test");
        say(&format!("SKIPPED: {test}: the emulators cannot run here: {why}"));
        return None;
    }
    Some(Path::new(done.expect(0).stdout.trim()).join("bin/python"))
}

/// Says something past the test harness, which keeps what `println!` says of a test that passes.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "\n{line}");
}
