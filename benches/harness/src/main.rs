//! `measure HTTP-PORT [TLS-PORT CERTIFICATES KEY]`: the measuring side of `benches/run`.
//!
//! Takes one JSON object a line on standard input and answers each with one. AWS is a small world on loopback that
//! answers within tens of microseconds, so that a figure is the function's and not an emulator's; over TLS it answers
//! to the services' real host names, each connection with a full handshake. Times are of `CLOCK_MONOTONIC`
//! ([`std::time::Instant`]), taken in this process.

mod function;
mod http;
mod services;
mod tls;
mod world;

use std::io::{self, BufRead, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use crate::services::Services;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let services = Arc::new(Services::default());
    let listen = |port: &str| TcpListener::bind(format!("127.0.0.1:{port}"));
    let [port, tls @ ..] = arguments.as_slice() else {
        return Err(io::Error::other(
            "usage: measure HTTP-PORT [TLS-PORT CERTIFICATES KEY]",
        ));
    };
    let listener = listen(port)?;
    let answering = Arc::clone(&services);
    thread::spawn(move || http::serve(&listener, |stream| answering.talk(stream)));
    if let [port, certificates, key] = tls {
        let (listener, config) = (listen(port)?, tls::config(certificates, key)?);
        let answering = Arc::clone(&services);
        thread::spawn(move || {
            http::serve(&listener, |stream| {
                answering.shake_hands();
                answering.talk(tls::accept(stream, &config)?)
            });
        });
    }
    for line in io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        let answer = obey(&services, &order).unwrap_or_else(|error| json!({"error": error.to_string()}));
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn obey(services: &Services, order: &Value) -> io::Result<Value> {
    let number = |name: &str| order[name].as_u64().unwrap_or_default();
    match order["do"].as_str() {
        Some("world") => {
            services.make(
                number("buckets"),
                order["under_key"].as_bool().unwrap_or_default(),
            );
            Ok(json!({}))
        }
        Some("remember") => {
            services.remember();
            Ok(json!({}))
        }
        // Back to what was remembered, then these things broken: `grant`, `marker`, `key`.
        Some("break") => {
            services.restore();
            for what in order["what"].as_array().into_iter().flatten() {
                services.damage(what.as_str().unwrap_or_default());
            }
            Ok(json!({}))
        }
        Some("delay") => {
            services.delay_by(number("ms"));
            Ok(json!({}))
        }
        Some("calls") => Ok(services.take_calls()),
        Some("healthy") => Ok(json!(services.healthy())),
        Some("function") => function::run(services, order),
        _ => Err(io::Error::other("no such order")),
    }
}
