use super::parse;

#[test]
fn these_are_the_same_point_in_time() {
    let spellings = [
        "2026-11-23T12:30:00Z",
        "2026-11-23T12:30Z",
        "2026-11-23T12:30:00.000Z",
        "2026-11-23T13:30:00+01:00",
        "2026-11-22T23:00:00-13:30",
        "1795437000",
    ];
    for spelling in spellings {
        assert_eq!(parse(spelling), Some((1_795_437_000, 0)), "{spelling}");
    }
}

#[test]
fn a_shorter_date_is_its_beginning() {
    assert_eq!(parse("1970"), Some((0, 0)));
    assert_eq!(parse("1970-02"), Some((31 * 86_400, 0)));
    assert_eq!(parse("2000-03-01"), Some((951_868_800, 0)));
    assert_eq!(parse("1969-12-31"), Some((-86_400, 0)));
}

#[test]
fn fractions_count() {
    assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some((1, 500_000_000)));
    assert!(parse("1970-01-01T00:00:01.25Z") < parse("1970-01-01T00:00:01.3Z"));
}

#[test]
fn what_is_no_date_is_refused() {
    let texts = [
        "",
        "now",
        "2026-13-01",
        "2026-00-01",
        "2026-02-29",
        "2100-02-29",
        "2026-1-1",
        "2026-11-23T12:30:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T12:60:00Z",
        "2026-11-23 12:30:00Z",
        "2026-11-23T12:30:00+1",
        "-5",
    ];
    for text in texts {
        assert_eq!(parse(text), None, "{text}");
    }
    assert!(parse("2024-02-29").is_some() && parse("2000-02-29").is_some());
}
