//! Three-valued logic: what is known, known not, and not known.

/// Kleene's strong three-valued truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// What is known when the world is one of several: agreement, or nothing.
    pub(crate) fn merge(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// True if any is; unknown if none is but one might be.
pub(crate) fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut answer = Truth::False;
    for truth in truths {
        answer = answer.or(truth);
        if answer == Truth::True {
            break;
        }
    }
    answer
}

/// True if all are; unknown if one might not be.
pub(crate) fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
    let mut answer = Truth::True;
    for truth in truths {
        answer = answer.and(truth);
        if answer == Truth::False {
            break;
        }
    }
    answer
}
