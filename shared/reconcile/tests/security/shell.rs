//! What a message offers to be pasted into a shell, given to a shell.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

thread_local! {
    /// Most messages offer the same commands.
    static TRIED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// Each command of the AWS CLI in a text is one command, and whatever somebody named in it stays one word.
pub(crate) fn expect_one_word_each(place: &str, text: &str) {
    for command in commands(text) {
        if TRIED.with_borrow_mut(|tried| tried.insert(command.clone())) {
            expect_one_command(place, &command);
        }
    }
}

/// The code spans that begin with `aws `. Where the text was cut, the last has no end and is none.
fn commands(text: &str) -> Vec<String> {
    let spans = text.split('`').skip(1).step_by(2);
    let aws = spans.filter(|span| span.starts_with("aws "));
    aws.map(str::to_owned).collect()
}

fn expect_one_command(place: &str, command: &str) {
    let ran = run(command);
    assert!(ran.is_quiet, "{place}: {command}");
    assert_eq!(ran.calls, 1, "{place}: {command}");
}

struct Ran {
    /// How often the stub was called.
    calls: usize,
    /// Whether the shell took it, and nothing else was run or written.
    is_quiet: bool,
}

/// Runs it where `aws` is a stub that only says that it was called, and nothing else is to be found.
fn run(command: &str) -> Ran {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("shell-{}", std::process::id()));
    let (bin, here) = (folder.join("bin"), folder.join("here"));
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir_all(&here).unwrap();
    stub(&bin.join("aws"));
    let mut child = Command::new("/bin/sh")
        .args(["-e", "-u", "-s"])
        .current_dir(&here)
        .env_clear()
        .env("PATH", &bin)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(command.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let left = std::fs::read_dir(&here).unwrap().count();
    let said = String::from_utf8_lossy(&done.stdout);
    Ran {
        calls: said.lines().filter(|line| *line == "called").count(),
        is_quiet: done.status.success() && done.stderr.is_empty() && left == 0,
    }
}

fn stub(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    if path.exists() {
        return;
    }
    // Made whole under another name: nobody may find half of it.
    let whole = path.with_extension(format!("{:?}", std::thread::current().id()));
    std::fs::write(&whole, "#!/bin/sh\necho called\n").unwrap();
    std::fs::set_permissions(&whole, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::rename(&whole, path).unwrap();
}

#[test]
fn a_command_that_does_something_else_is_noticed() {
    for (command, calls, is_quiet) in [
        ("aws s3 ls 's3://media/x'", 1, true),
        ("aws s3 ls 's3://media/x'; aws s3 rm 'x'", 2, true),
        ("aws s3 ls 's3://media/x'; touch PWNED", 1, false),
        ("aws s3 ls 's3://media/x' > PWNED", 0, false),
        ("aws s3 ls 's3://media/x", 0, false),
    ] {
        let ran = run(command);
        assert_eq!((ran.calls, ran.is_quiet), (calls, is_quiet), "{command}");
        let _ = std::fs::remove_file(
            PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
                .join(format!("shell-{}", std::process::id()))
                .join("here/PWNED"),
        );
    }
}
