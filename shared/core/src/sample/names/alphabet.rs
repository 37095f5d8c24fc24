//! Characters that stand for one another in names.

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LOWER_HEX: &str = "0123456789abcdef";
const UPPER_HEX: &str = "0123456789ABCDEF";
const LOWER_36: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const UPPER_36: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BOTH_62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many characters of a foreign script are tried beside those that were seen.
const OF_A_SCRIPT: u32 = 16;

/// Letters, and everything beyond ASCII.
pub(super) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii()
}

/// Those that may stand where this one does.
pub(super) fn class_of(c: char) -> Vec<char> {
    let class = match c {
        '0'..='9' => DIGITS,
        'a'..='z' => LOWER,
        'A'..='Z' => UPPER,
        c if c.is_ascii() => return Vec::new(),
        c => return script_of(c),
    };
    class.chars().collect()
}

/// Some of the characters of the same script, evenly spread (The Unicode Standard, Blocks).
fn script_of(c: char) -> Vec<char> {
    let (from, to) = match u32::from(c) {
        0x4e00..=0x9fff => (0x4e00, 0x9fff),
        0xac00..=0xd7a3 => (0xac00, 0xd7a3),
        code => (code & !0x7f, code | 0x7f),
    };
    let step = (to - from) / OF_A_SCRIPT + 1;
    let codes = (0..OF_A_SCRIPT)
        .map(|n| from + n * step)
        .take_while(|code| *code <= to);
    codes.filter_map(char::from_u32).collect()
}

/// For each character of a name the alphabet it is drawn from, where it is part of a random text: letters and digits
/// in turn, as in hashes and UUIDs.
pub(super) fn random_parts(name: &str) -> Vec<Option<&'static str>> {
    let length = name.chars().count();
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    let mut parts = Vec::with_capacity(length);
    for run in stem.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let class = alphabet_of(run);
        parts.extend(run.chars().map(|c| class.filter(|_| c.is_ascii_alphanumeric())));
    }
    parts.resize(length, None);
    parts
}

fn alphabet_of(run: &str) -> Option<&'static str> {
    let characters: Vec<char> = run.chars().filter(char::is_ascii_alphanumeric).collect();
    let neighbours = characters.iter().zip(characters.iter().skip(1));
    let turns = neighbours
        .filter(|(one, other)| one.is_ascii_digit() != other.is_ascii_digit())
        .count();
    // Of a random hexadecimal text every second character or so is of the other kind than the one before it; of
    // `IMG-20190105-WA0001` every sixth.
    if turns < 3 || turns * 5 < characters.len() {
        return None;
    }
    let any = |is: fn(&char) -> bool| characters.iter().any(is);
    Some(
        match (any(char::is_ascii_lowercase), any(char::is_ascii_uppercase)) {
            (true, true) => BOTH_62,
            (true, false) if any(|c| matches!(c, 'g'..='z')) => LOWER_36,
            (true, false) => LOWER_HEX,
            (false, _) if any(|c| matches!(c, 'G'..='Z')) => UPPER_36,
            (false, _) => UPPER_HEX,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_random_and_numbers_and_words_are_not() {
        let alphabet = |name: &str| random_parts(name).into_iter().flatten().next();
        assert_eq!(alphabet("0a3f9be271c04d58.jpg"), Some(LOWER_HEX));
        assert_eq!(alphabet("9F1C22AB70D3E4.png"), Some(UPPER_HEX));
        assert_eq!(alphabet("4b1e8c0d-9a52-4b1e-8c0d-1f2e3d4c5b6a"), Some(LOWER_HEX));
        assert_eq!(alphabet("k3j9x0q7z1m4"), Some(LOWER_36));
        for plain in [
            "IMG_000001.jpg",
            "2019-01-05.png",
            "IMG-20190105-WA0001.jpg",
            "holiday",
            "",
            ".hidden",
        ] {
            assert_eq!(alphabet(plain), None, "{plain}");
        }
    }

    #[test]
    fn there_is_one_answer_for_each_character() {
        for name in ["a.b.c", "写真-01.jpg", "9f8e7d6c.5b4a3c2d", "."] {
            assert_eq!(random_parts(name).len(), name.chars().count(), "{name}");
        }
    }

    #[test]
    fn a_foreign_letter_stands_among_those_of_its_script() {
        for c in ['写', 'é', '한', 'д', '\u{10fffe}'] {
            let class = class_of(c);
            assert!(class.len() > 8, "{c}: {class:?}");
            assert!(class.is_sorted());
        }
    }
}
