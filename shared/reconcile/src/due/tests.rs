use guardian_core::census::{Counts, Group, Source};

use super::*;

const HOUR: i64 = 60 * 60;
const EVERY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// 2026-11-23T00:00:00Z.
const MIDNIGHT: i64 = 1_795_392_000;

fn at(hours: i64) -> Moment {
    Moment::from_unix(MIDNIGHT + hours * HOUR)
}

fn media() -> BucketName {
    "media".parse().unwrap()
}

/// When the first walk over `media` is due.
fn first() -> Moment {
    at(0).plus(share_of_day(&media()))
}

fn census(began: Moment) -> Census {
    Census {
        scope: vec!["*".to_owned()],
        id: "walk".to_owned(),
        source: Source::Walk,
        began,
        ended: Some(began.plus(DAY)),
        whole: true,
        counts: Counts::default(),
    }
}

fn key() -> KeyArn {
    "arn:aws:kms:us-east-1:111122223333:key/new".parse().unwrap()
}

fn asked(census: Option<&Census>, swept: bool, met: Option<&KeyArn>, now: Moment) -> Option<Wanted> {
    let known = Known {
        bucket: &media(),
        since: at(0),
        census,
        every: EVERY,
        swept,
        met,
    };
    wanted(known, now)
}

fn name(census: Option<&Census>, now: Moment) -> Option<String> {
    asked(census, true, None, now).map(|wanted| wanted.name)
}

fn before(moment: Moment) -> Moment {
    Moment::from_unix(moment.unix() - 1)
}

#[test]
fn the_first_walks_of_many_buckets_are_spread_over_a_day() {
    let mut hours = [0; 24];
    for number in 0..2_400 {
        let bucket: BucketName = format!("media-{number}").parse().unwrap();
        let share = share_of_day(&bucket);
        assert!(share < DAY);
        hours[usize::try_from(share.as_secs() / 3_600).unwrap()] += 1;
    }
    assert!(
        hours.iter().all(|count| (50..=150).contains(count)),
        "a hundred an hour, more or less: {hours:?}"
    );
}

#[test]
fn the_first_walk_is_due_once_its_share_of_a_day_has_passed() {
    assert_eq!(name(None, before(first())), None);
    let wanted = asked(None, true, None, first()).unwrap();
    assert_eq!(wanted.name, walk_name(&media(), first()));
    assert_eq!(wanted.why, "there was none so far");
}

#[test]
fn a_walk_that_no_census_comes_of_is_one_and_the_same_for_two_days() {
    let one = name(None, first());
    assert_eq!(name(None, before(first().plus(LONGEST))), one);
    let two = name(None, first().plus(LONGEST));
    assert!(two.is_some() && two != one);
    let names: std::collections::BTreeSet<_> = (0..24 * 20)
        .filter_map(|hour| name(None, first().plus(Duration::from_secs(hour * 3_600))))
        .collect();
    assert_eq!(names.len(), 10, "in twenty days");
}

#[test]
fn the_next_one_is_due_when_the_last_began_long_enough_ago() {
    let last = census(at(100));
    let due = at(100).plus(EVERY);
    assert_eq!(name(Some(&last), before(due)), None);
    assert_eq!(name(Some(&last), due), Some(walk_name(&media(), due)));
}

#[test]
fn a_census_that_did_not_take_in_everything_is_made_again_after_a_day() {
    let broken = Census {
        whole: false,
        ..census(at(100))
    };
    assert_eq!(name(Some(&broken), before(at(124))), None);
    let wanted = asked(Some(&broken), true, None, at(124)).unwrap();
    assert!(
        wanted.why.contains("did not take in every object"),
        "{}",
        wanted.why
    );
    let open = Census {
        ended: None,
        ..census(at(100))
    };
    assert!(name(Some(&open), at(124)).is_some());
}

#[test]
fn objects_that_refused_are_not_asked_again_every_day() {
    let mut refused = census(at(100));
    refused.counts.unknown = Group::of("private.jpg");
    assert!(!refused.is_complete());
    assert_eq!(name(Some(&refused), at(124)), None);
    assert!(name(Some(&refused), at(100).plus(EVERY)).is_some());
}

#[test]
fn walks_that_are_wanted_again_after_a_pause_are_spread_like_first_ones() {
    let old = census(at(-24 * 365));
    assert_eq!(name(Some(&old), before(first())), None);
    assert_eq!(name(Some(&old), first()), Some(walk_name(&media(), first())));
}

#[test]
fn an_event_is_no_reason_for_what_is_due() {
    assert_eq!(asked(None, false, None, first()), None);
}

#[test]
fn a_new_key_is_a_reason_whatever_led_to_the_look_and_once_a_day() {
    let last = census(at(100));
    let of = |swept, now| asked(Some(&last), swept, Some(&key()), now).map(|wanted| wanted.name);
    let one = of(false, at(125));
    assert_eq!(one, Some(walk_name(&media(), at(120))));
    assert_eq!(of(true, at(143)), one);
    assert_ne!(of(false, at(144)), one);
    let why = asked(Some(&last), false, Some(&key()), at(125)).unwrap().why;
    assert!(why.contains(key().as_str()), "{why}");
}

#[test]
fn before_the_first_census_a_new_key_brings_the_first_walk_forward_and_adds_none() {
    let early = asked(None, false, Some(&key()), at(0)).unwrap();
    assert_eq!(Some(early.name), name(None, first()));
    let late = first().plus(DAY);
    let during = asked(None, false, Some(&key()), late).unwrap();
    assert_eq!(Some(during.name), name(None, late));
}
