//! The build script of each function: what a release leaves out when it is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=../lambda/link");
    let is = |name, value| env::var(name).as_deref() == Ok(value);
    // Other profiles unwind: the tests count on it.
    if is("PROFILE", "release") && is("CARGO_CFG_TARGET_OS", "linux") {
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/../lambda/link/without-unwind-tables.ld");
    }
}
