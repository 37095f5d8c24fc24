//! The independent simulator, `@cloud-copilot/iam-simulate` from npm, as a process of its own.
//!
//! It is under the AGPL: it is installed under the target folder for development and CI, is never shipped, and
//! nothing of it is in this repository. What is compared is behaviour.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
    ("simulate.mjs", include_str!("simulate.mjs")),
];

pub(crate) struct Simulator {
    folder: PathBuf,
}

impl Simulator {
    /// Installs it, once, into a folder under `parent`; many processes may ask at the same time. The error
    /// says why it cannot be had on this machine.
    pub(crate) fn installed(parent: &Path) -> Result<Self, String> {
        let node = version("node")?;
        version("npm")?;
        let major = node
            .trim_start_matches('v')
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        if major.is_none_or(|major: u32| major < 18) {
            return Err(format!("Node.js 18 or newer is needed, `node` is {node}"));
        }
        let folder = parent.join("iam-simulate");
        let prepare = || -> std::io::Result<Option<String>> {
            fs::create_dir_all(&folder)?;
            // Held until the end of this block: one process installs, the others wait.
            let lock = File::create(folder.join("lock"))?;
            lock.lock()?;
            let complete = folder.join("complete");
            let recipe = FILES.map(|(_, text)| text).concat();
            if fs::read_to_string(&complete).is_ok_and(|made| made == recipe) {
                return Ok(None);
            }
            drop(fs::remove_file(&complete));
            for (name, text) in FILES {
                fs::write(folder.join(name), text)?;
            }
            let npm = Command::new("npm")
                .args([
                    "ci",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                ])
                .args(["--fetch-retries=1", "--fetch-timeout=20000"])
                .current_dir(&folder)
                .stdin(Stdio::null())
                .output()?;
            if !npm.status.success() {
                return Ok(Some(String::from_utf8_lossy(&npm.stderr).into_owned()));
            }
            fs::write(complete, recipe)?;
            Ok(None)
        };
        match prepare() {
            Ok(None) => Ok(Self { folder }),
            Ok(Some(said)) => Err(format!("`npm ci` failed: {}", said.trim())),
            Err(error) => Err(format!(
                "it cannot be installed into {}: {error}",
                folder.display()
            )),
        }
    }

    /// One answer for each question, in their order; see `simulate.mjs` for their form. With `times`, every
    /// answer also says how long it took.
    pub(crate) fn ask(&self, questions: &[Value], times: Option<u32>) -> Vec<Value> {
        let mut node = Command::new("node")
            .arg("simulate.mjs")
            .args(
                times
                    .map(|times| ["time".to_owned(), times.to_string()])
                    .into_iter()
                    .flatten(),
            )
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = node.stdin.take().unwrap();
        let output = BufReader::new(node.stdout.take().unwrap());
        let answers: Vec<Value> = std::thread::scope(|scope| {
            scope.spawn(move || {
                for question in questions {
                    writeln!(input, "{question}").unwrap();
                }
            });
            output
                .lines()
                .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
                .collect()
        });
        let status = node.wait().unwrap();
        assert!(
            status.success() && answers.len() == questions.len(),
            "node: {status}"
        );
        answers
    }
}

fn version(program: &str) -> Result<String, String> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("there is no `{program}` ({error})"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("`{program}` does not run"))
    }
}
