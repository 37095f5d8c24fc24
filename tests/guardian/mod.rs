//! The built `guardian`, run the way its users run it, and processes that are given a limit.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run here takes longer than this, also on a machine that is busy.
const LIMIT: Duration = Duration::from_secs(300);

/// How a process ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output as one JSON object a line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let read = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(read).collect()
    }

    /// The same, where it has to have ended with `status`.
    pub(crate) fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// A run of `guardian` with nothing in its environment but what the test puts there: the AWS profile of whoever
/// runs the tests is out of its reach.
#[derive(Debug)]
pub(crate) struct Guardian(Command);

impl Guardian {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guardian"));
        command.args(arguments).env_clear();
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
            .env("HOME", nowhere())
            .env("AWS_EC2_METADATA_DISABLED", "true");
        Self(command)
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it with nothing to read.
    pub(crate) fn run(self) -> Ended {
        self.run_on("")
    }

    /// Runs it with `input` to read; it is no terminal.
    pub(crate) fn run_on(self, input: &str) -> Ended {
        run(self.0, input, LIMIT)
    }
}

/// A home without a file in it.
pub(crate) fn nowhere() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("nobody's home")
}

/// Runs a process to its end, and ends it itself where it takes longer than `limit`.
pub(crate) fn run(mut command: Command, input: &str, limit: Duration) -> Ended {
    let pipes = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let (stdout, stderr) = (listen(child.stdout.take()), listen(child.stderr.take()));
    // A process that does not read what it is given may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let status = wait(&mut child, Instant::now() + limit);
    let ended = Ended {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    };
    assert!(
        status.is_some(),
        "{command:?} did not end within {limit:?}\n{ended:?}"
    );
    ended
}

fn listen(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.unwrap();
    thread::spawn(move || {
        let mut said = Vec::new();
        pipe.read_to_end(&mut said).unwrap();
        String::from_utf8(said).unwrap()
    })
}

fn wait(child: &mut Child, deadline: Instant) -> Option<i32> {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}
