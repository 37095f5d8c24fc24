use super::*;

const GRANT: &str = r#"{"Effect":"Allow","Principal":{"AWS":"232482882421"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}"#;

fn error(text: &str) -> String {
    PolicyDocument::parse(text).unwrap_err().to_string()
}

/// A document whose second statement is the grant with one element replaced.
fn with(element: &str, value: &str) -> String {
    let mut second: Value = serde_json::from_str(GRANT).unwrap();
    let value = serde_json::from_str::<Value>(value).unwrap();
    if value.is_null() {
        second.as_object_mut().unwrap().remove(element);
    } else {
        second[element] = value;
    }
    format!(r#"{{"Version":"2012-10-17","Statement":[{GRANT},{second}]}}"#)
}

#[test]
fn a_document_goes_back_exactly_as_it_came() {
    let text = r#"{"Statement":{"Resource":["b","a"],"zeta":[1,2.5,null,{"y":1,"x":2}],"Action":["s3:GetObject"],"Principal":"*","Sid":"","Effect":"Allow","Condition":{"Bool":{"aws:SecureTransport":true},"NumericLessThan":{"s3:max-keys":10}}},"Id":"é\"","unknown":{}}"#;
    let document = PolicyDocument::parse(text).unwrap();
    assert_eq!(document.to_compact_json(), text);
}

#[test]
fn duplicate_and_missing_sids_are_kept() {
    let text = format!(
        r#"{{"Statement":[{},{},{GRANT}]}}"#,
        GRANT
            .replace('{', r#"{"Sid":"same","#)
            .replacen(r#"{"Sid":"same","AWS""#, r#"{"AWS""#, 1),
        GRANT
            .replace('{', r#"{"Sid":"same","#)
            .replacen(r#"{"Sid":"same","AWS""#, r#"{"AWS""#, 1),
    );
    let document = PolicyDocument::parse(&text).unwrap();
    let sids: Vec<_> = document.statements().map(|statement| statement.sid()).collect();
    assert_eq!(sids, [Some("same"), Some("same"), None]);
}

#[test]
fn what_is_no_document_is_refused_with_its_place() {
    let cases = [
        (
            "",
            "no policy document: EOF while parsing a value at line 1 column 0",
        ),
        ("[]", "no policy document: expected an object, found an array"),
        (
            "{}",
            "no policy document: `Statement`: required element is missing",
        ),
        (
            r#"{"Statement":7}"#,
            "no policy document: `Statement`: expected an object or an array, found a number",
        ),
        (
            r#"{"Statement":[7]}"#,
            "no policy document: `Statement[0]`: expected an object, found a number",
        ),
        (
            r#"{"Version":"2013-01-01","Statement":[]}"#,
            "no policy document: `Version`: expected `2012-10-17` or `2008-10-17`, found `2013-01-01`",
        ),
        (
            r#"{"Id":1,"Statement":[]}"#,
            "no policy document: `Id`: expected text, found a number",
        ),
        (
            r#"{"statement":[]}"#,
            "no policy document: `statement`: unknown element; is `Statement` meant?",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected);
    }
}

#[test]
fn what_is_no_statement_is_refused_with_its_place() {
    let cases = [
        (
            "Effect",
            "null",
            "`Statement[1].Effect`: required element is missing",
        ),
        (
            "Effect",
            r#""Permit""#,
            "`Statement[1].Effect`: expected `Allow` or `Deny`, found `Permit`",
        ),
        (
            "Principal",
            "null",
            "`Statement[1].Principal`: required element is missing",
        ),
        (
            "Principal",
            r#""232482882421""#,
            "`Statement[1].Principal`: expected `*` or an object, found `232482882421`",
        ),
        ("Principal", "{}", "`Statement[1].Principal`: names nobody"),
        (
            "Principal",
            r#"{"Account":"1"}"#,
            "`Statement[1].Principal.Account`: unknown kind of principal",
        ),
        (
            "Principal",
            r#"{"AWS":[1]}"#,
            "`Statement[1].Principal.AWS[0]`: expected text",
        ),
        (
            "NotPrincipal",
            r#""*""#,
            "`Statement[1].NotPrincipal`: excludes `Principal`, which is there too",
        ),
        (
            "Action",
            "null",
            "`Statement[1].Action`: required element is missing",
        ),
        (
            "Action",
            "7",
            "`Statement[1].Action`: expected text or an array, found a number",
        ),
        ("Resource", "[true]", "`Statement[1].Resource[0]`: expected text"),
        (
            "Condition",
            "[]",
            "`Statement[1].Condition`: expected an object, found an array",
        ),
        (
            "Condition",
            r#"{"StringIs":{}}"#,
            "`Statement[1].Condition.StringIs`: unknown condition operator",
        ),
        (
            "Condition",
            r#"{"NullIfExists":{}}"#,
            "`Statement[1].Condition.NullIfExists`: unknown condition operator",
        ),
        (
            "Condition",
            r#"{"Bool":7}"#,
            "`Statement[1].Condition.Bool`: expected an object, found a number",
        ),
        (
            "Condition",
            r#"{"Bool":{"aws:SecureTransport":{}}}"#,
            "`Statement[1].Condition.Bool.aws:SecureTransport`: expected values, found an object",
        ),
        (
            "Condition",
            r#"{"StringEquals":{"aws:PrincipalAccount":["1",[]]}}"#,
            "`Statement[1].Condition.StringEquals.aws:PrincipalAccount[1]`: expected a value, found an array",
        ),
        ("Sid", "7", "`Statement[1].Sid`: expected text, found a number"),
        (
            "condition",
            "{}",
            "`Statement[1].condition`: unknown element; is `Condition` meant?",
        ),
    ];
    for (element, value, expected) in cases {
        assert_eq!(
            error(&with(element, value)),
            format!("no policy document: {expected}")
        );
    }
}

#[test]
fn a_missing_resource_is_no_matter_of_shape() {
    assert!(PolicyDocument::parse(&with("Resource", "null")).is_ok());
}

#[test]
fn a_key_that_occurs_twice_is_refused_with_its_place() {
    let text = r#"{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}"#;
    let error = PolicyDocument::parse(text).unwrap_err();
    assert_eq!(error.place(), "Statement[0].Effect");
    assert!(error.reason().starts_with("key `Effect` occurs twice"));
}

#[test]
fn a_number_that_would_change_is_refused() {
    let text = r#"{"Statement":[],"n":123456789012345678901234567890}"#;
    assert_eq!(PolicyDocument::parse(text).unwrap_err().place(), "n");
    assert!(PolicyDocument::parse(r#"{"Statement":[],"n":18446744073709551615}"#).is_ok());
}

#[test]
fn text_that_is_nested_too_deeply_is_refused() {
    let text = format!(
        r#"{{"Statement":[],"n":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(PolicyDocument::parse(&text).is_err());
}

#[test]
fn a_new_document_has_the_current_version() {
    assert_eq!(
        PolicyDocument::new_with_id(Some("x")).to_compact_json(),
        r#"{"Version":"2012-10-17","Id":"x","Statement":[]}"#
    );
    assert_eq!(
        PolicyDocument::new_with_id(None).to_compact_json(),
        r#"{"Version":"2012-10-17","Statement":[]}"#
    );
}

#[test]
fn size_is_counted_without_white_space() {
    let document = PolicyDocument::parse("{ \"Id\": \"é\",\n\t\"Statement\": [] }").unwrap();
    assert_eq!(
        document.size(PolicyKind::Bucket),
        r#"{"Id":"é","Statement":[]}"#.len()
    );
    assert_eq!(
        document.size(PolicyKind::ResourceControl),
        document.size(PolicyKind::Bucket) - 1
    );
    assert_eq!(PolicyKind::Bucket.size_limit(), 20_480);
    assert_eq!(PolicyKind::Key.size_limit(), 32_768);
}
