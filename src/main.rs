//! `guardian`: the operator tool.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use cloudinary_guardian::command::{Cli, CommandError, Ended, run};
use guardian_core::visible::visible;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}")),
    };
    match runtime.block_on(run(cli)) {
        Ok(Ended::Clean) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        // Whoever reads our output has seen enough (`| head`).
        Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(2),
        Err(error) => complain(&error.to_string()),
    }
}

/// One clear line on standard error, and the exit status that says nothing was decided.
fn complain(message: &str) -> ExitCode {
    let line = message.replace('\n', " ");
    let line = visible(&line);
    // Nothing is left to tell it to if standard error is closed.
    let _ = writeln!(io::stderr(), "guardian: {line}");
    ExitCode::from(2)
}
