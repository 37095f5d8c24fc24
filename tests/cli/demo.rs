//! `guardian demo`: where it may be played, and what it looks like in a pipe.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::complaint;
use crate::guardian::Guardian;

/// Somebody who listens on this machine and notes whether he was called.
struct Ear(TcpListener);

impl Ear {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Self(listener)
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    fn heard_nothing(&self) -> bool {
        self.0
            .accept()
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}

fn demo() -> Guardian {
    let run = Guardian::new(&["demo"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    run.env("AWS_REGION", "eu-west-1")
}

/// The refusal, and that nothing was sent before it: neither to the loopback address nor, through the proxy that
/// would see it, to any other.
fn refused(run: Guardian, ears: &[&Ear]) -> String {
    let proxy = Ear::new();
    let began = Instant::now();
    let said = complaint(
        run.env("HTTP_PROXY", &proxy.url())
            .env("HTTPS_PROXY", &proxy.url())
            .run(),
    );
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(
        proxy.heard_nothing() && ears.iter().all(|ear| ear.heard_nothing()),
        "it was sent: {said}"
    );
    said
}

#[test]
fn the_incident_list_is_played_against_no_endpoint_but_a_loopback_address() {
    for endpoint in [
        "http://10.0.0.1",
        "https://s3.eu-west-1.amazonaws.com",
        "http://127.0.0.1.example.com:4566",
    ] {
        let said = refused(demo().env("AWS_ENDPOINT_URL", endpoint), &[]);
        assert!(
            said.contains(endpoint) && said.contains("loopback addresses only"),
            "{said}"
        );
    }
}

#[test]
fn one_service_with_an_endpoint_of_its_own_elsewhere_is_enough_for_a_refusal() {
    for service in ["S3", "KMS", "SSM", "SQS", "SNS", "STS", "DYNAMODB"] {
        let ear = Ear::new();
        let run = demo().env("AWS_ENDPOINT_URL", &ear.url());
        let said = refused(
            run.env(&format!("AWS_ENDPOINT_URL_{service}"), "http://10.0.0.1:4566"),
            &[&ear],
        );
        assert!(said.contains("http://10.0.0.1:4566"), "{said}");
        assert!(
            said.to_uppercase().starts_with(service),
            "it names the service: {said}"
        );
    }
}

#[test]
fn so_is_a_setting_that_makes_the_sdk_overlook_the_endpoint() {
    let ear = Ear::new();
    let run = demo()
        .env("AWS_ENDPOINT_URL", &ear.url())
        .env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let said = refused(run, &[&ear]);
    assert!(said.contains("has no endpoint"), "{said}");
}

#[test]
fn no_proxy_gets_between_the_incident_list_and_this_machine() {
    let (emulator, proxy) = (Ear::new(), Ear::new());
    let closed = emulator.url();
    drop(emulator);
    let said = complaint(
        demo()
            .env("AWS_ENDPOINT_URL", &closed)
            .env("HTTP_PROXY", &proxy.url())
            .run(),
    );
    assert!(proxy.heard_nothing(), "{said}");
    assert!(
        said.contains(&closed) && said.contains("unset AWS_ENDPOINT_URL"),
        "{said}"
    );
}

#[test]
fn an_endpoint_of_one_service_alone_does_not_keep_it_off_the_model() {
    let ear = Ear::new();
    let ended = demo().env("AWS_ENDPOINT_URL_S3", &ear.url()).run().expect(0);
    assert!(
        ended.stdout.contains("the in-memory model of AWS"),
        "{}",
        ended.stdout
    );
    assert!(ear.heard_nothing());
}

#[test]
fn in_a_pipe_it_is_plain_text() {
    for no_colour in [None, Some("1")] {
        let run = no_colour
            .into_iter()
            .fold(demo().env("TERM", "xterm-256color"), |run, value| {
                run.env("NO_COLOR", value)
            });
        let ended = run.run().expect(0);
        assert!(!ended.stdout.contains('\u{1b}'), "{}", ended.stdout);
        assert_eq!(ended.stderr, "");
        assert!(
            ended.stdout.contains("event")
                && ended.stdout.contains("changed")
                && ended.stdout.contains("told")
        );
    }
}

#[test]
fn the_model_plays_the_same_list_in_every_run() {
    let play = || Guardian::new(&["demo", "--json"]).run().expect(0).stdout;
    assert_eq!(play(), play());
}

#[test]
fn a_deployed_stack_is_played_on_no_more_than_anything_else_where_no_emulator_is_named() {
    let run = Guardian::new(&["demo", "--stack", "stack.json"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-west-1");
    let said = refused(run, &[]);
    assert!(said.contains("AWS_ENDPOINT_URL"), "{said}");
}
