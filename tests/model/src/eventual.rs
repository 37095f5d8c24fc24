//! A value that may still be read as it was before its last write: bucket configurations are eventually
//! consistent (S3 User Guide, "Amazon S3 data consistency model"), and so is KMS (KMS Developer Guide, "AWS
//! KMS eventual consistency").

/// A value and, for a number of reads, its past.
#[derive(Debug, Clone)]
pub(crate) struct Eventual<T> {
    current: T,
    past: Option<(T, u32)>,
    /// How many reads after a write still see the past.
    lag: u32,
}

impl<T: Clone> Eventual<T> {
    pub(crate) fn new(current: T) -> Self {
        Self {
            current,
            past: None,
            lag: 0,
        }
    }

    /// What is true.
    pub(crate) fn get(&self) -> &T {
        &self.current
    }

    /// What a reader is told.
    pub(crate) fn read(&mut self) -> T {
        match &mut self.past {
            Some((past, left)) if *left > 0 => {
                *left -= 1;
                past.clone()
            }
            _ => self.current.clone(),
        }
    }

    pub(crate) fn write(&mut self, value: T) {
        let past = std::mem::replace(&mut self.current, value);
        self.past = (self.lag > 0).then_some((past, self.lag));
    }

    /// From the next write on, that many reads see what was there before it.
    pub(crate) fn lag(&mut self, reads: u32) {
        self.lag = reads;
    }
}
