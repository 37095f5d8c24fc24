use super::*;

fn ranges(texts: &[&str]) -> Vec<Range> {
    texts.iter().map(|text| Range::parse(text).unwrap()).collect()
}

#[test]
fn both_versions_must_be_covered() {
    assert!(cover_all_public(&ranges(&["0.0.0.0/0", "::/0"])));
    assert!(!cover_all_public(&ranges(&["0.0.0.0/0"])));
    assert!(!cover_all_public(&ranges(&["::/0"])));
    assert!(!cover_all_public(&[]));
}

#[test]
fn halves_cover_the_whole_and_private_ranges_may_be_missing() {
    assert!(cover_all_public(&ranges(&[
        "0.0.0.0/1",
        "128.0.0.0/1",
        "::/1",
        "8000::/1"
    ])));
    // 10.0.0.0/8 and 11.0.0.0/8 apart, the private one of them left out.
    let but_private = [
        "1.0.0.0/8",
        "2.0.0.0/7",
        "4.0.0.0/6",
        "8.0.0.0/7",
        "11.0.0.0/8",
        "12.0.0.0/6",
        "16.0.0.0/4",
        "32.0.0.0/3",
        "64.0.0.0/2",
        "128.0.0.0/1",
        "::/0",
    ];
    assert!(cover_all_public(&ranges(&but_private)));
    for left_out in 0..but_private.len() {
        let mut fewer = but_private.to_vec();
        fewer.remove(left_out);
        assert!(
            !cover_all_public(&ranges(&fewer)),
            "without {}",
            but_private[left_out]
        );
    }
}

#[test]
fn a_single_missing_address_is_missing() {
    // Everything but 255 addresses and then one of the first of them: 8.8.8.8 is not held.
    let around = [
        "0.0.0.0/5",
        "8.0.0.0/13",
        "8.8.0.0/21",
        "8.8.8.0/29",
        "8.8.8.9",
        "8.8.8.10/31",
        "8.8.8.12/30",
    ];
    let rest = [
        "8.8.8.16/28",
        "8.8.8.32/27",
        "8.8.8.64/26",
        "8.8.8.128/25",
        "8.8.9.0/24",
        "8.8.10.0/23",
        "8.8.12.0/22",
        "8.8.16.0/20",
        "8.8.32.0/19",
        "8.8.64.0/18",
        "8.8.128.0/17",
        "8.9.0.0/16",
        "8.10.0.0/15",
        "8.12.0.0/14",
        "8.16.0.0/12",
        "8.32.0.0/11",
        "8.64.0.0/10",
        "8.128.0.0/9",
        "9.0.0.0/8",
        "10.0.0.0/7",
        "12.0.0.0/6",
        "16.0.0.0/4",
        "32.0.0.0/3",
        "64.0.0.0/2",
        "128.0.0.0/1",
        "::/0",
    ];
    let mut all = ranges(&around);
    all.extend(ranges(&rest));
    assert!(!cover_all_public(&all));
    all.extend(ranges(&["8.8.8.8/32"]));
    assert!(cover_all_public(&all));
}

#[test]
fn what_is_no_range_is_refused() {
    for text in [
        "",
        "1.2.3",
        "1.2.3.4/33",
        "::/129",
        "1.2.3.4/-1",
        "1.2.3.4/",
        "a/8",
        "1.2.3.4/8/8",
    ] {
        assert_eq!(Range::parse(text), None, "{text}");
    }
}

#[test]
fn an_address_in_a_range_stands_for_the_range() {
    assert_eq!(
        Range::parse("10.1.2.3/8").map(|range| range.first),
        Range::parse("10.0.0.0/8").map(|range| range.first)
    );
    assert!(Range::parse("::1/0").unwrap().contains("ffff::".parse().unwrap()));
}

#[test]
fn broad_is_broader_than_s3_takes_for_narrow() {
    let is_broad = |text: &str| Range::parse(text).unwrap().is_broad();
    assert!(is_broad("0.0.0.0/0") && is_broad("12.0.0.0/7") && is_broad("::/0") && is_broad("2001::/31"));
    assert!(!is_broad("12.0.0.0/8") && !is_broad("10.0.0.0/8") && !is_broad("2001:db8::/32"));
}
