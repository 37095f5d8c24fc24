//! boto3: the other client.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::emulator::{Emulator, environment, python};
use crate::guardian::nowhere;

/// Whose calls these are where nobody else is named.
const OWNER: &str = "test";

/// A Python process with boto3 in it; it ends with its standard input.
#[derive(Debug)]
pub(crate) struct Boto {
    process: Child,
    pipes: RefCell<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Boto {
    pub(crate) fn on(emulator: &Emulator) -> Self {
        let mut command = Command::new(python().unwrap());
        command
            .arg("-I")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/operator_on_emulators/boto.py"));
        command
            .env_clear()
            .envs(environment())
            .env("HOME", nowhere())
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command.env("AWS_ENDPOINT_URL", emulator.endpoint());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipes = (
            process.stdin.take().unwrap(),
            BufReader::new(process.stdout.take().unwrap()),
        );
        Self {
            process,
            pipes: RefCell::new(Some(pipes)),
        }
    }

    /// Calls as somebody, and answers with what came or with the code of the error.
    pub(crate) fn call_as(
        &self,
        account: &str,
        (service, operation): (&str, &str),
        arguments: &Value,
    ) -> Result<Value, String> {
        let call =
            json!({"account": account, "service": service, "operation": operation, "arguments": arguments});
        let mut pipes = self.pipes.borrow_mut();
        let (to, from) = pipes.as_mut().unwrap();
        writeln!(to, "{call}").unwrap();
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        let mut said: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{call}: {error}"));
        match said["error"].as_str() {
            Some(code) => Err(code.to_owned()),
            None => Ok(said["answer"].take()),
        }
    }

    /// Calls as the owner.
    pub(crate) fn try_call(&self, what: (&str, &str), arguments: &Value) -> Result<Value, String> {
        self.call_as(OWNER, what, arguments)
    }

    /// The same, where it has to succeed.
    pub(crate) fn call(&self, what: (&str, &str), arguments: &Value) -> Value {
        self.try_call(what, arguments)
            .unwrap_or_else(|code| panic!("{what:?} {arguments}: {code}"))
    }
}

impl Drop for Boto {
    fn drop(&mut self) {
        self.pipes.take();
        // It fails only where the process is gone already.
        let _ = self.process.wait();
    }
}
