//! `guardian` as a command, without any AWS: what it takes, what it says and how it ends.

#[cfg(test)]
mod guardian;

#[cfg(test)]
#[path = "cli/census.rs"]
mod census;
#[cfg(test)]
#[path = "cli/demo.rs"]
mod demo;
#[cfg(test)]
#[path = "cli/explain.rs"]
mod explain;
#[cfg(test)]
#[path = "cli/finding.rs"]
mod finding;
#[cfg(test)]
#[path = "cli/hostile.rs"]
mod hostile;
#[cfg(test)]
#[path = "cli/reach.rs"]
mod reach;
#[cfg(test)]
#[path = "cli/route.rs"]
mod route;
#[cfg(test)]
#[path = "cli/usage.rs"]
mod usage;

/// The one line that a run which could not do its work ends with on standard error; on standard output is nothing.
#[cfg(test)]
fn complaint(ended: guardian::Ended) -> String {
    let ended = ended.expect(2);
    assert_eq!(ended.stdout, "", "{}", ended.stderr);
    let line = ended
        .stderr
        .strip_suffix('\n')
        .unwrap_or_else(|| panic!("no whole line: {ended:?}"));
    assert!(!line.contains('\n'), "more than one line: {line}");
    line.strip_prefix("guardian: ")
        .unwrap_or_else(|| panic!("who says it: {line}"))
        .to_owned()
}
