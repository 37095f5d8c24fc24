use super::*;

fn parse(text: &str) -> Result<Declaration, DeclarationError> {
    parse_under(text, &Ceilings::open(Mode::Repair))
}

fn parse_under(text: &str, ceilings: &Ceilings) -> Result<Declaration, DeclarationError> {
    parse_at(text, ceilings, "2026-11-23T10:15:00Z")
}

fn parse_at(text: &str, ceilings: &Ceilings, now: &str) -> Result<Declaration, DeclarationError> {
    Declaration::parse(
        &"media-demo".parse().unwrap(),
        text,
        "aws",
        ceilings,
        now.parse().unwrap(),
    )
}

fn complaint(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn only_the_cloud_names_are_required() {
    let declaration = parse(r#"{"clouds": ["demo", "demo-staging", "demo"]}"#).unwrap();
    assert_eq!(
        declaration
            .clouds
            .iter()
            .map(CloudName::as_str)
            .collect::<Vec<_>>(),
        ["demo", "demo-staging"]
    );
    assert_eq!(declaration.prefixes, ["*"]);
    assert_eq!(declaration.mode, Mode::Repair);
    assert!(declaration.keys.is_empty() && !declaration.prune);
}

#[test]
fn pruning_is_asked_for_in_so_many_words() {
    let pruning = parse(r#"{"clouds": ["demo"], "prune": true}"#).unwrap();
    assert!(pruning.prune);
    assert_eq!(
        complaint(r#"{"clouds": ["demo"], "prune": "yes"}"#),
        "`prune`: `\"yes\"` is neither; write `true` or `false`"
    );
}

#[test]
fn a_pause_lowers_the_mode_until_it_is_over() {
    let text = r#"{"clouds": ["demo"], "pause_until": "2026-11-23T12:00:00+01:00"}"#;
    let open = Ceilings::open(Mode::Repair);
    let at = |now| {
        let declaration = parse_at(text, &open, now).unwrap();
        (declaration.mode, declaration.paused_until)
    };
    let until: Moment = "2026-11-23T11:00:00Z".parse().unwrap();
    assert_eq!(at("2026-11-23T10:59:59Z"), (Mode::Observe, Some(until)));
    assert_eq!(at("2026-11-23T11:00:00Z"), (Mode::Repair, None));
    assert_eq!(at("2027-11-23T11:00:00Z"), (Mode::Repair, None));
}

#[test]
fn where_nothing_would_be_repaired_there_is_no_pause() {
    let text = r#"{"clouds": ["demo"], "pause_until": "2026-11-23T11:00:00Z"}"#;
    let declaration = parse_under(text, &Ceilings::open(Mode::Observe)).unwrap();
    assert_eq!(
        (declaration.mode, declaration.paused_until),
        (Mode::Observe, None)
    );
}

#[test]
fn a_pause_of_more_than_a_week_is_refused() {
    let open = Ceilings::open(Mode::Repair);
    let until = |until: &str| {
        let text = format!(r#"{{"clouds": ["demo"], "pause_until": {until}}}"#);
        parse_at(&text, &open, "2026-11-23T10:15:00Z").map_err(|error| error.to_string())
    };
    assert!(until(r#""2026-11-30T10:15:00Z""#).is_ok());
    assert_eq!(
        until(r#""2026-11-30T10:15:01Z""#).unwrap_err(),
        "`pause_until`: `2026-11-30T10:15:01Z` is more than 7 days ahead; write an earlier time, and a later one when that is near, or set `mode` to `observe`"
    );
    for wrong in [
        r#""tomorrow""#,
        r#""2026-11-24""#,
        r#""@1795428900""#,
        "1795428900",
        "true",
        "null",
    ] {
        let error = until(wrong).unwrap_err();
        assert!(
            error.starts_with("`pause_until`: ") && error.contains("RFC 3339"),
            "{error}"
        );
    }
}

#[test]
fn an_unknown_field_is_named() {
    assert!(complaint(r#"{"clouds": ["demo"], "cloud": "x"}"#).contains("unknown field `cloud`"));
}

#[test]
fn a_field_that_is_not_built_yet_is_refused_as_such() {
    for field in LATER_FIELDS {
        let text = format!(r#"{{"clouds": ["demo"], "{field}": null}}"#);
        assert_eq!(
            complaint(&text),
            format!("field `{field}` is not supported yet; remove it")
        );
    }
}

#[test]
fn a_folder_without_a_wildcard_is_told_how_to_be_one() {
    assert!(complaint(r#"{"clouds": ["demo"], "prefixes": ["*.jpg", "img/"]}"#).ends_with("write `img/*`"));
    assert!(complaint(r#"{"clouds": ["demo"], "prefixes": ["img/"]}"#).starts_with("`prefixes[0]`"));
}

#[test]
fn broken_json_is_placed() {
    let text = complaint("{\n  \"clouds\": [\"demo\",]\n}");
    assert!(text.contains("line 2"), "{text}");
}

#[test]
fn the_stacks_mode_is_a_ceiling_and_not_a_floor() {
    let observe = Ceilings::open(Mode::Observe);
    assert_eq!(
        parse_under(r#"{"clouds": ["demo"], "mode": "repair"}"#, &observe)
            .unwrap()
            .mode,
        Mode::Observe
    );
    assert_eq!(
        parse(r#"{"clouds": ["demo"], "mode": "observe"}"#).unwrap().mode,
        Mode::Observe
    );
}

#[test]
fn a_cloud_name_outside_the_ceiling_is_refused() {
    let ceilings = Ceilings {
        clouds: vec!["demo*".to_owned()],
        ..Ceilings::open(Mode::Repair)
    };
    assert!(parse_under(r#"{"clouds": ["demo-2"]}"#, &ceilings).is_ok());
    let error = parse_under(r#"{"clouds": ["demo", "stranger"]}"#, &ceilings).unwrap_err();
    assert!(matches!(error, DeclarationError::CloudNotAllowed { ref place, .. } if place == "clouds[1]"));
}

#[test]
fn a_bucket_outside_the_ceiling_is_refused_whatever_it_declares() {
    let ceilings = Ceilings {
        bucket_arns: vec!["arn:aws:s3:::media-prod-*".to_owned()],
        ..Ceilings::open(Mode::Repair)
    };
    let error = parse_under(r#"{"clouds": ["demo"]}"#, &ceilings).unwrap_err();
    assert!(matches!(error, DeclarationError::BucketNotAllowed { .. }));
}

#[test]
fn wrong_values_name_their_place() {
    for (text, place) in [
        (r#"{"clouds": "demo"}"#, "`clouds`"),
        (r#"{"clouds": []}"#, "`clouds`"),
        (r#"{"clouds": ["demo", 7]}"#, "`clouds[1]`"),
        (r#"{"clouds": ["../x"]}"#, "`clouds[0]`"),
        (r#"{"clouds": ["demo"], "mode": "fix"}"#, "`mode`"),
        (r#"{"clouds": ["demo"], "keys": ["alias/x"]}"#, "`keys[0]`"),
        (r#"{"clouds": ["demo"], "prefixes": ["/img/*"]}"#, "`prefixes[0]`"),
        (r#"["demo"]"#, "`declaration`"),
    ] {
        assert!(complaint(text).starts_with(place), "{text}: {}", complaint(text));
    }
}
