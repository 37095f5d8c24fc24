//! Lambda's end of a function: starts the process, hands it events over the Runtime API, takes the times.

use std::fs;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http::{self, Answer};
use crate::services::Services;

/// Runs one function through its start and through each of `events`, and ends it.
///
/// `argv`, `env`; `cgroup`, a folder of the processor's control group, and whether it is put into it only `after_start`, as
/// Lambda does. An event is what the function is
/// handed; where it has the field `break`, that is broken before and the rest is the event.
pub(crate) fn run(services: &Services, order: &Value) -> io::Result<Value> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let events = order["events"].as_array().cloned().unwrap_or_default();
    services.take_calls();
    let address = listener.local_addr()?;
    let (mut child, began) = start(order, &address.to_string())?;
    let over = AtomicBool::new(false);
    let ran = thread::scope(|scope| {
        scope.spawn(|| tell_of_end(child.id(), address, &over));
        let ran = conversation(services, &listener, &child, began, &events, order);
        over.store(true, Ordering::Relaxed);
        ran
    });
    child.kill()?;
    child.wait()?;
    ran
}

/// What is asked for in the name of a function that has ended: nothing else would come from it, and it be waited for in vain.
const ENDED: &str = "/ended";

fn tell_of_end(process: u32, address: SocketAddr, over: &AtomicBool) {
    let stat = format!("/proc/{process}/stat");
    while !over.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(50));
        // Nobody has waited for it yet, so that it is a zombie.
        let ended = fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") Z "));
        if ended && let Ok(mut stream) = TcpStream::connect(address) {
            let request = format!("POST {ENDED} HTTP/1.1\r\ncontent-length: 0\r\n\r\n");
            let _nobody_listens_any_more = stream.write_all(request.as_bytes());
            return;
        }
    }
}

fn start(order: &Value, address: &str) -> io::Result<(Child, Instant)> {
    let argv: Vec<&str> = order["argv"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let cgroup = order["cgroup"].as_str().filter(|_| !is_after_start(order));
    // In a control group the process waits at a gate until it is in, and the shell's own exec is measured with it.
    let gate = ["/bin/sh", "-c", "read -r go; exec \"$@\"", "sh"];
    let words: Vec<&str> = if cgroup.is_some() {
        gate.iter().copied().chain(argv).collect()
    } else {
        argv
    };
    let [program, arguments @ ..] = words.as_slice() else {
        return Err(io::Error::other("no program"));
    };
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    for (name, value) in order["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap_or_default());
    }
    command
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .stdin(if cgroup.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if order["quiet"] == false {
        command.stdout(io::stderr()).stderr(Stdio::inherit());
    }
    let Some(cgroup) = cgroup else {
        let began = Instant::now();
        return Ok((command.spawn()?, began));
    };
    let mut child = command.spawn()?;
    put_into(cgroup, &child)?;
    let began = Instant::now();
    if let Some(mut gate) = child.stdin.take() {
        gate.write_all(b"go\n")?;
    }
    Ok((child, began))
}

fn conversation(
    services: &Services,
    listener: &TcpListener,
    child: &Child,
    began: Instant,
    events: &[Value],
    order: &Value,
) -> io::Result<Value> {
    let mut runtime = Runtime {
        listener,
        connection: None,
    };
    runtime.next()?;
    let init = began.elapsed();
    let init_cpu = processor_time(child);
    let calls_in_init = services.take_calls();
    if is_after_start(order) {
        put_into(order["cgroup"].as_str().unwrap_or_default(), child)?;
    }
    let mut invocations = Vec::new();
    for event in events {
        let mut event = event.clone();
        if let Some(what) = event.as_object_mut().and_then(|event| event.remove("break")) {
            services.restore();
            for what in what.as_array().into_iter().flatten() {
                services.damage(what.as_str().unwrap_or_default());
            }
        }
        services.take_calls();
        let handed = Instant::now();
        services.count_from(handed);
        runtime.hand(&event)?;
        let response = runtime.response()?;
        let took = handed.elapsed();
        let calls = services.take_calls();
        invocations.push(json!({"ms": ms(took), "response": response, "calls": calls}));
        runtime.next()?;
    }
    Ok(json!({
        "init_ms": ms(init),
        "init_cpu_ms": init_cpu,
        "calls_in_init": calls_in_init,
        "total_ms": ms(init) + invocations.first().and_then(|first| first["ms"].as_f64()).unwrap_or_default(),
        "cpu_ms": processor_time(child),
        "rss_kb": peak(child),
        "invocations": invocations,
    }))
}

fn is_after_start(order: &Value) -> bool {
    order["after_start"].as_bool().unwrap_or_default()
}

fn put_into(cgroup: &str, child: &Child) -> io::Result<()> {
    fs::write(format!("{cgroup}/cgroup.procs"), child.id().to_string())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The Runtime API, one call after the other, over as many connections as the function likes.
struct Runtime<'a> {
    listener: &'a TcpListener,
    connection: Option<BufReader<TcpStream>>,
}

impl Runtime<'_> {
    /// Waits for the next call that is not one of the extensions' or of telemetry.
    fn take(&mut self) -> io::Result<http::Request> {
        loop {
            if let Some(connection) = &mut self.connection
                && let Some(request) = http::read(connection)?
            {
                if request.target == ENDED {
                    return Err(io::Error::other(
                        "the function ended; with `quiet` at `false` it says why",
                    ));
                }
                return Ok(request);
            }
            let (stream, _) = self.listener.accept()?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            self.connection = Some(BufReader::new(stream));
        }
    }

    fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        match &mut self.connection {
            Some(connection) => http::write(connection.get_mut(), "GET", answer),
            None => Err(io::Error::other("nobody asks")),
        }
    }

    fn next(&mut self) -> io::Result<()> {
        let asked = self.take()?;
        if asked.method == "GET" && asked.target.ends_with("/invocation/next") {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "the function did not start: {}",
            String::from_utf8_lossy(&asked.body)
        )))
    }

    fn hand(&mut self, event: &Value) -> io::Result<()> {
        let mut answer = Answer::new(200, "application/json", event.to_string());
        answer.headers.extend([
            (
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
            ),
            ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-west-1:123456789012:function:f".to_owned(),
            ),
            (
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned(),
            ),
        ]);
        self.answer(&answer)
    }

    fn response(&mut self) -> io::Result<Value> {
        let request = self.take()?;
        self.answer(&Answer::new(202, "application/json", "{}"))?;
        if request.target.ends_with("/error") {
            return Err(io::Error::other(String::from_utf8_lossy(&request.body)));
        }
        Ok(serde_json::from_slice(&request.body).unwrap_or_default())
    }
}

/// The most memory that a process had so far, in kB.
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Its processor time so far, in ms: of the scheduler, in nanoseconds, of its first thread and the others.
fn processor_time(child: &Child) -> Option<f64> {
    let tasks = fs::read_dir(format!("/proc/{}/task", child.id())).ok()?;
    let of_task = |task: fs::DirEntry| {
        let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    };
    let nanoseconds: f64 = tasks.flatten().filter_map(of_task).sum();
    Some(nanoseconds / 1e6)
}
