//! `docs/findings.md`.

use std::fmt::Write;

use guardian_core::finding::Code;

use crate::{compare, header};

#[test]
fn the_page_of_findings_is_the_catalogue() {
    compare("docs/findings.md", &page());
}

fn page() -> String {
    let mut page = header("Findings", "`shared/core/src/finding/catalogue.rs`");
    page.push_str(
        "\nA finding is something that stands between Cloudinary and a bucket, or lets in somebody it should not. Its code is\n\
         stable. `guardian finding CODE` prints an entry of this page, `guardian check BUCKET` what is found on a bucket.\n\
         *Guardian repair* means that the guardian ends it by itself in mode `repair`; everything else needs a person.\n\
         In the commands, `BUCKET`, `KEY_ARN`, `MARKER` and `CLOUD` stand for what the finding is about; a message puts the\n\
         names in their place.\n\n",
    );
    page.push_str("| code | severity | ended by | in a line |\n|---|---|---|---|\n");
    for code in Code::ALL {
        let _ = writeln!(
            page,
            "| [`{code}`](#{code}) | {} | {} | {} |",
            code.severity(),
            ended_by(*code),
            code.title()
        );
    }
    for code in Code::ALL {
        let _ = writeln!(
            page,
            "\n## {code}\n\n**{}** · {} · {}\n\n{}\n\nWhat to do:\n",
            code.title(),
            code.severity(),
            ended_by(*code),
            code.meaning()
        );
        for (number, step) in code.steps().iter().enumerate() {
            let _ = writeln!(page, "{}. {step}", number + 1);
        }
    }
    page
}

fn ended_by(code: Code) -> &'static str {
    code.remedy().as_str()
}
