//! Patterns with `*` and `?`, as sets of texts.

mod automaton;
mod bits;
pub(crate) mod search;
#[cfg(test)]
mod tests;
pub(crate) mod work;

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Literal(char),
    /// `?`: one character.
    One,
    /// `*`: any run of characters.
    Run,
    /// `?` inside one of the first five segments of an ARN: no colon.
    OneInSegment,
    /// `*` inside one of the first five segments of an ARN: no colon.
    RunInSegment,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    /// The characters before the first wildcard.
    beginning: String,
    /// Nothing but a `*` follows the beginning.
    is_prefix: bool,
}

/// Whether a pattern with `*` (any text, also none) and `?` (one character) takes in all of `text`, as IAM
/// compares.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    Pattern::glob(pattern).matches(text)
}

impl Pattern {
    /// `*` and `?` match any character, also `/` and `:`.
    pub(crate) fn glob(text: &str) -> Self {
        Self::from_tokens(text.chars().map(|c| match c {
            '*' => Token::Run,
            '?' => Token::One,
            c => Token::Literal(c),
        }))
    }

    pub(crate) fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        let tokens = tokens.into_iter();
        let mut kept: Vec<Token> = Vec::with_capacity(tokens.size_hint().1.unwrap_or_default());
        for token in tokens {
            match (kept.last(), token) {
                (Some(Token::Run), Token::Run | Token::RunInSegment)
                | (Some(Token::RunInSegment), Token::RunInSegment) => {}
                // `*?` is `?*`: with the runs last no two of them ever touch.
                (Some(Token::Run), Token::One) => {
                    kept.pop();
                    kept.extend([Token::One, Token::Run]);
                }
                (Some(Token::RunInSegment), Token::OneInSegment) => {
                    kept.pop();
                    kept.extend([Token::OneInSegment, Token::RunInSegment]);
                }
                (Some(Token::RunInSegment), Token::Run) => {
                    kept.pop();
                    kept.push(Token::Run);
                }
                _ => kept.push(token),
            }
        }
        let literals = kept.iter().map_while(|token| match token {
            Token::Literal(c) => Some(*c),
            _ => None,
        });
        let mut beginning = String::with_capacity(kept.len());
        let mut count = 0;
        for c in literals {
            beginning.push(c);
            count += 1;
        }
        Self {
            is_prefix: kept.last() == Some(&Token::Run) && count + 1 == kept.len(),
            beginning,
            tokens: kept,
        }
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The characters before the first wildcard.
    pub(crate) fn beginning(&self) -> &str {
        &self.beginning
    }

    /// The beginnings contradict each other, so that no text is in both; false says nothing.
    pub(crate) fn is_apart(&self, other: &Self) -> bool {
        !self.beginning.starts_with(&other.beginning) && !other.beginning.starts_with(&self.beginning)
    }

    /// Every text of the other is in this one, as `literal*` shows without a search; false says nothing.
    pub(crate) fn plainly_holds(&self, other: &Self) -> bool {
        if self.is_prefix {
            other.beginning.starts_with(&self.beginning)
        } else {
            self == other
        }
    }

    /// No wildcard is held within a segment of an ARN.
    pub(crate) fn is_plain(&self) -> bool {
        !self
            .tokens
            .iter()
            .any(|token| matches!(token, Token::OneInSegment | Token::RunInSegment))
    }

    /// The only text of the set, if there are no wildcards.
    pub(crate) fn only_text(&self) -> Option<&str> {
        let is_literal = |token: &Token| matches!(token, Token::Literal(_));
        self.tokens.iter().all(is_literal).then_some(&self.beginning)
    }

    /// What `matches` costs at most, in units of work.
    pub(crate) fn matching_cost(&self, text: &str) -> usize {
        if self.is_prefix || !text.starts_with(&self.beginning) {
            1
        } else {
            1 + self.tokens.len() * (text.len() - self.beginning.len() + 1) / 4
        }
    }

    /// Whether a text belongs to the set.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(&self.beginning) else {
            return false;
        };
        if self.is_prefix {
            return true;
        }
        let literals = self.beginning.chars().count();
        let mut positions = vec![false; self.tokens.len() + 1];
        let mut next = positions.clone();
        if let Some(first) = positions.get_mut(literals) {
            *first = true;
        }
        self.close(&mut positions);
        for c in text.chars() {
            next.fill(false);
            let mut alive = false;
            for (at, token) in self.tokens.iter().enumerate().skip(literals) {
                if !positions.get(at).copied().unwrap_or_default() {
                    continue;
                }
                let (stays, steps) = match token {
                    Token::Literal(literal) => (false, *literal == c),
                    Token::One => (false, true),
                    Token::OneInSegment => (false, c != ':'),
                    Token::Run => (true, false),
                    Token::RunInSegment => (c != ':', false),
                };
                for (place, on) in [(at, stays), (at + 1, steps)] {
                    if on && let Some(slot) = next.get_mut(place) {
                        *slot = true;
                        alive = true;
                    }
                }
            }
            if !alive {
                return false;
            }
            self.close(&mut next);
            std::mem::swap(&mut positions, &mut next);
        }
        positions.last().copied().unwrap_or_default()
    }

    fn close(&self, positions: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            if matches!(token, Token::Run | Token::RunInSegment)
                && positions.get(at).copied().unwrap_or_default()
                && let Some(slot) = positions.get_mut(at + 1)
            {
                *slot = true;
            }
        }
    }
}
