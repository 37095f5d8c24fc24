//! Terraform's language, as far as fragments need it.

use std::fmt::Write;

use serde_json::{Map, Value};

use super::plain::is_hidden;

/// A line longer than this has its list one item a line.
const WIDE: usize = 100;

/// A string literal that means exactly `text`: nothing in it opens a template (`${`, `%{`), ends the string or
/// breaks the line (Terraform language, "Strings and Templates").
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    let mut characters = text.chars().peekable();
    let mut before = None;
    while let Some(c) = characters.next() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '$' | '%' if characters.peek() == Some(&'{') && before != Some(c) => {
                // Doubled it stands for itself.
                out.push(c);
                out.push(c);
            }
            // After one of its kind doubling would be read in another way.
            '$' | '%' if characters.peek() == Some(&'{') || before == Some(c) => unicode(&mut out, c),
            c if is_hidden(c) => unicode(&mut out, c),
            c => out.push(c),
        }
        before = Some(c);
    }
    out.push('"');
    out
}

/// Writing to a String cannot fail; the result carries no news.
fn unicode(out: &mut String, c: char) {
    let code = u32::from(c);
    let _ = if code <= 0xffff {
        write!(out, "\\u{code:04x}")
    } else {
        write!(out, "\\U{code:08x}")
    };
}

/// A name that Terraform takes for a resource.
pub(super) fn identifier(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A policy statement as a `statement` block of an `aws_iam_policy_document`. One that such a block cannot say is
/// written as an object, to be used with `jsonencode`.
pub(super) fn statement(value: &Value) -> String {
    block(value).unwrap_or_else(|| format!("locals {{\n  statement = {}\n}}", literal(value, 1)))
}

fn block(value: &Value) -> Option<String> {
    let (mut settings, mut blocks) = (Vec::new(), Vec::new());
    for (name, value) in value.as_object()? {
        match name.as_str() {
            "Sid" => settings.push(("sid", quoted(value.as_str()?))),
            "Effect" => settings.push(("effect", quoted(value.as_str()?))),
            "Action" => settings.push(("actions", list(&words(value)?, 1))),
            "NotAction" => settings.push(("not_actions", list(&words(value)?, 1))),
            "Resource" => settings.push(("resources", list(&words(value)?, 1))),
            "NotResource" => settings.push(("not_resources", list(&words(value)?, 1))),
            "Principal" => principals(&mut blocks, "principals", value)?,
            "NotPrincipal" => principals(&mut blocks, "not_principals", value)?,
            "Condition" => conditions(&mut blocks, value)?,
            _ => return None,
        }
    }
    let mut out = String::from("statement {\n");
    out.push_str(&aligned(&settings, 1));
    for block in blocks {
        let _ = write!(out, "\n{block}");
    }
    out.push('}');
    Some(out)
}

fn principals(blocks: &mut Vec<String>, name: &str, value: &Value) -> Option<()> {
    let mut one = |kind: &str, names: &[String]| {
        let settings = [("type", quoted(kind)), ("identifiers", list(names, 2))];
        blocks.push(format!("  {name} {{\n{}  }}\n", aligned(&settings, 2)));
    };
    match value {
        Value::String(everybody) if everybody == "*" => one("*", &["*".to_owned()]),
        Value::Object(kinds) => {
            for (kind, names) in kinds {
                one(kind, &words(names)?);
            }
        }
        _ => return None,
    }
    Some(())
}

fn conditions(blocks: &mut Vec<String>, value: &Value) -> Option<()> {
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            let settings = [
                ("test", quoted(operator)),
                ("variable", quoted(key)),
                ("values", list(&words(values)?, 2)),
            ];
            blocks.push(format!("  condition {{\n{}  }}\n", aligned(&settings, 2)));
        }
    }
    Some(())
}

/// One word or several; numbers and switches are words in a policy.
fn words(value: &Value) -> Option<Vec<String>> {
    let word = |value: &Value| match value {
        // The data source reads `&{` as `${` (Terraform AWS provider, aws_iam_policy_document, "Context Variable
        // Interpolation").
        Value::String(text) if text.contains("&{") => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    match value {
        Value::Array(many) => many.iter().map(word).collect(),
        one => Some(vec![word(one)?]),
    }
}

fn list(words: &[String], depth: usize) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let line = format!("[{}]", words.join(", "));
    if line.len() <= WIDE {
        return line;
    }
    let inner = "  ".repeat(depth + 1);
    let items: String = words.iter().map(|word| format!("{inner}{word},\n")).collect();
    format!("[\n{items}{}]", "  ".repeat(depth))
}

/// Settings one a line, their equals signs below each other as `terraform fmt` has them.
pub(super) fn aligned(settings: &[(&str, String)], depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut out = String::new();
    // A setting of several lines stands for itself; it ends the ones that are aligned.
    for group in settings.split_inclusive(|(_, value)| value.contains('\n')) {
        let single = |(_, value): &&(&str, String)| !value.contains('\n');
        let width = group.iter().filter(single).map(|(name, _)| name.len()).max();
        for setting in group {
            let (name, value) = setting;
            let width = if single(&setting) { width.unwrap_or(0) } else { 0 };
            let _ = writeln!(out, "{indent}{name:<width$} = {value}");
        }
    }
    out
}

/// A value as an expression.
fn literal(value: &Value, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: String = items
                .iter()
                .map(|item| format!("{inner}{},\n", literal(item, depth + 1)))
                .collect();
            format!("[\n{items}{outer}]")
        }
        Value::Object(fields) => format!("{{\n{}{outer}}}", fields_of(fields, &inner, depth)),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A value as an expression of Terraform's language in one line, in which nothing is a template.
#[must_use]
pub fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{} = {}", quoted(name), inline(value));
            let fields: Vec<String> = fields.iter().map(field).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn fields_of(fields: &Map<String, Value>, inner: &str, depth: usize) -> String {
    fields
        .iter()
        .map(|(name, value)| format!("{inner}{} = {}\n", quoted(name), literal(value, depth + 1)))
        .collect()
}

#[cfg(test)]
pub(super) mod tests;
