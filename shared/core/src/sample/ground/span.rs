//! Pieces of the key space.

/// Keys from one on (inclusive) up to another (exclusive); without an end up to the last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: String,
    pub(super) to: Option<String>,
}

impl Span {
    pub(super) fn holds(&self, key: &str) -> bool {
        self.from.as_str() <= key && self.to.as_deref().is_none_or(|to| key < to)
    }
}

/// Spans in order, none touching another.
#[derive(Debug, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    pub(super) fn add(&mut self, mut new: Span) {
        if new.to.as_ref().is_some_and(|to| *to <= new.from) {
            return;
        }
        let begin = self
            .0
            .partition_point(|span| span.to.as_ref().is_some_and(|to| *to < new.from));
        let end = self
            .0
            .partition_point(|span| new.to.as_ref().is_none_or(|to| span.from <= *to));
        // What touches the new one becomes part of it.
        for old in self.0.drain(begin..end) {
            new.from = new.from.min(old.from);
            new.to = new.to.zip(old.to).map(|(one, other)| one.max(other));
        }
        self.0.insert(begin, new);
    }

    /// Whether everything in between is in one of them.
    pub(super) fn hold(&self, from: &str, to: &str) -> bool {
        let behind = self.0.partition_point(|span| span.from.as_str() <= from);
        let span = behind.checked_sub(1).and_then(|at| self.0.get(at));
        span.is_some_and(|span| span.to.as_deref().is_none_or(|end| to <= end))
    }

    /// What is in none, from `begin` on, in order.
    pub(super) fn gaps(&self, begin: &str) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut from = Some(begin.to_owned());
        for span in &self.0 {
            let Some(begin) = from else { break };
            if span.from > begin {
                gaps.push(Span {
                    from: begin,
                    to: Some(span.from.clone()),
                });
            }
            from = span.to.clone();
        }
        gaps.extend(from.map(|from| Span { from, to: None }));
        gaps
    }
}

/// Behind a key comes, with nothing in between, the same with this.
const NEXT: char = '\0';

pub(super) fn next_to(key: &str) -> String {
    format!("{key}{NEXT}")
}

/// A key that something comes behind, or what it is itself.
pub(super) fn without_next(from: &str) -> &str {
    from.strip_suffix(NEXT).unwrap_or(from)
}

/// What comes behind everything that begins with this. Keys are in the order of their UTF-8 bytes (S3 API Reference,
/// ListObjectsV2), and `0` is the byte behind `/`.
pub(super) fn end_of(prefix: &str) -> String {
    match prefix.strip_suffix('/') {
        Some(name) => format!("{name}0"),
        None => format!("{prefix}{}", char::MAX),
    }
}

/// Before a folder and everything in it, also the object of the folder's own name; `.` is the byte before `/`.
pub(super) fn before_folder(key: String) -> String {
    match key.strip_suffix('/') {
        Some(name) => format!("{name}.{}", char::MAX),
        None => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: Option<&str>) -> Span {
        Span {
            from: from.to_owned(),
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn spans_that_touch_become_one_and_what_is_between_them_is_a_gap() {
        let mut spans = Spans::default();
        for (from, to) in [
            ("m", Some("p")),
            ("b", Some("d")),
            ("d", Some("f")),
            ("x", Some("x")),
            ("n", Some("o")),
        ] {
            spans.add(span(from, to));
        }
        assert_eq!(
            spans.gaps("a"),
            [span("a", Some("b")), span("f", Some("m")), span("p", None)]
        );
        assert!(spans.hold("b", "f") && !spans.hold("b", "g") && !spans.hold("a", "c"));
        spans.add(span("c", None));
        assert_eq!(spans.gaps("a"), [span("a", Some("b"))]);
        spans.add(span("a", Some("b")));
        assert_eq!(spans.gaps("a"), []);
    }

    #[test]
    fn what_is_in_a_folder_lies_between_what_is_before_it_and_its_end() {
        let before = before_folder("a/".to_owned());
        for key in ["a/", "a/b", "a/\u{10ffff}"] {
            assert!(before.as_str() < key && key < end_of("a/").as_str(), "{key:?}");
        }
        for outside in ["a", "a-", "a.jpg", "a0", "aa"] {
            assert!(
                outside < before.as_str() || outside >= end_of("a/").as_str(),
                "{outside}"
            );
        }
    }
}
