use proptest::prelude::*;
use serde_json::json;

use super::*;

/// What Terraform's language makes of it.
pub(in crate::alert) fn evaluated(text: &str) -> Value {
    hcl::eval::from_str(text, &hcl::eval::Context::new()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn expect_exact(text: &str) {
    let literal = quoted(text);
    assert_eq!(literal.lines().count(), 1, "{literal}");
    assert!(!literal.chars().any(is_hidden), "{literal}");
    let value = evaluated(&format!("x = {literal}\ny = 1\n"));
    assert_eq!(value, json!({"x": text, "y": 1}), "{literal}");
}

#[test]
fn a_hostile_name_stays_within_its_string() {
    let hostile = [
        "",
        "plain",
        "\"",
        "\\",
        "\\\"",
        "a\" }\nresource \"x\" \"y\" {",
        "${x}",
        "$${x}",
        "$$${x}",
        "$$$${x}",
        "%{if true}a%{endif}",
        "%%{x}",
        "$%{x}",
        "%${x}",
        "$",
        "${",
        "\\${x}",
        "line\nbreak\r\n\ttab",
        "\u{0}\u{1b}\u{7f}\u{85}\u{2028}\u{202e}\u{e0041}",
        "für/写真/🐈",
    ];
    for text in hostile {
        expect_exact(text);
    }
}

proptest! {
    #[test]
    fn any_name_stays_within_its_string(text in r#"([${}%"\\\n]|\PC|if|x){0,12}"#) {
        expect_exact(&text);
    }
}

#[test]
fn a_value_in_one_line_means_itself() {
    let value = json!({"a \"${x}": ["${file(\"/etc/passwd\")}", "%{if true}", true, null, {"b": "two\nlines"}], "n": 1.5});
    let line = inline(&value);
    assert_eq!(line.lines().count(), 1, "{line}");
    assert_eq!(evaluated(&format!("x = {line}\n"))["x"], value, "{line}");
}

#[test]
fn a_statement_has_every_element_in_terraforms_own_words() {
    let text = statement(&json!({
        "Sid": "S", "Effect": "Deny", "Principal": "*", "NotAction": ["s3:GetObject", "s3:PutObject"],
        "Resource": "arn:aws:s3:::media/*",
        "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:TlsVersion": [1.2]}}
    }));
    let value = evaluated(&text);
    assert_eq!(
        value["statement"],
        json!({
            "sid": "S", "effect": "Deny", "not_actions": ["s3:GetObject", "s3:PutObject"],
            "resources": ["arn:aws:s3:::media/*"],
            "principals": {"type": "*", "identifiers": ["*"]},
            "condition": [
                {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]},
                {"test": "NumericLessThan", "variable": "s3:TlsVersion", "values": ["1.2"]},
            ],
        }),
        "{text}"
    );
}

#[test]
fn what_a_block_cannot_say_is_an_object_that_means_the_same() {
    for odd in [
        json!({"Sid": "S", "Effect": "Deny", "Mood": {"${x}": [1, true, null, "%{if}"]}}),
        json!({"Sid": "S", "Effect": "Deny", "Action": [{"nested": "\"\n"}]}),
        // In a block the provider would read this as a variable of the policy.
        json!({"Sid": "S", "Effect": "Deny", "Resource": "arn:aws:s3:::media/&{aws:username}"}),
        json!("no object at all"),
    ] {
        let text = statement(&odd);
        assert!(text.starts_with("locals {\n"), "{text}");
        assert_eq!(evaluated(&text)["locals"]["statement"], odd, "{text}");
    }
}

#[test]
fn equals_signs_stand_below_each_other_as_terraform_fmt_has_them() {
    let long: Vec<String> = (0..9).map(|n| format!("s3:AnActionWithALongName{n}")).collect();
    let text = statement(&json!({"Sid": "S", "Effect": "Allow", "Resource": "*", "Action": "s3:GetObject"}));
    for line in text.lines().filter(|line| line.contains('=')) {
        assert_eq!(line.find('='), Some(12), "{text}");
    }
    let text = statement(&json!({"Action": long}));
    assert!(
        text.contains("  actions = [\n    \"s3:AnActionWithALongName0\",\n"),
        "{text}"
    );
    assert!(text.contains(",\n  ]\n}"), "{text}");
    assert_eq!(evaluated(&text)["statement"]["actions"], json!(long));
}
