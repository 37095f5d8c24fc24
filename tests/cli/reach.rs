//! Ways in which AWS cannot be asked at all.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::complaint;
use crate::guardian::Guardian;

const CHECK: [&str; 4] = ["check", "media", "--cloud", "demo"];

fn with_credentials(arguments: &[&str]) -> Guardian {
    let run = Guardian::new(arguments)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    run.env("AWS_REGION", "eu-west-1")
}

/// An address of this machine where nobody listens.
fn closed() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}")
}

#[test]
fn without_a_region_it_says_which_variable_to_set() {
    let said = complaint(Guardian::new(&CHECK).run());
    assert!(said.contains("AWS_REGION"), "{said}");
}

#[test]
fn without_credentials_it_says_where_it_looks_for_them() {
    let said = complaint(Guardian::new(&CHECK).env("AWS_REGION", "eu-west-1").run());
    assert!(
        said.contains("no usable credentials") && said.contains("check AWS_PROFILE"),
        "{said}"
    );
}

#[test]
fn where_nobody_listens_it_gives_up_soon_and_says_that_aws_cannot_be_reached() {
    for arguments in [
        &CHECK[..],
        &["check", "--all"],
        &["repair", "media", "--yes"],
        &["discover"],
    ] {
        let began = Instant::now();
        let said = complaint(
            with_credentials(arguments)
                .env("AWS_ENDPOINT_URL", &closed())
                .run(),
        );
        assert!(
            said.contains("cannot be reached") && said.contains("try again"),
            "{said}"
        );
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

#[test]
fn where_nobody_answers_it_does_not_wait_for_ever() {
    // The system accepts for us; not a byte is ever written.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let began = Instant::now();
    let said = complaint(with_credentials(&CHECK).env("AWS_ENDPOINT_URL", &endpoint).run());
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
