//! How much memory this process has.

/// The resident set in KiB (proc(5), `VmRSS`); none where the machine does not say.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The resident set after the first tenth of some work, against which the rest is held.
#[derive(Default)]
pub(crate) struct Memory {
    early: Option<u64>,
}

impl Memory {
    pub(crate) fn is_early(&mut self) {
        self.early = self.early.or_else(resident);
    }

    /// Fails where it grew by more than what the model itself keeps of so many things (a journal of who did what, and the
    /// ledger), taken as 16 KiB each; in words otherwise.
    #[track_caller]
    pub(crate) fn is_flat(&self, kept: usize) -> String {
        let (Some(early), Some(late)) = (self.early, resident()) else {
            return "memory not known".to_owned();
        };
        let room = 32 * 1024 + 16 * u64::try_from(kept).unwrap();
        assert!(
            late < early + room,
            "{early} KiB after the first tenth, {late} KiB at the end"
        );
        format!(
            "{} MiB after the first tenth, {} MiB at the end",
            early / 1024,
            late / 1024
        )
    }
}
