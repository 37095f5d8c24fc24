use super::*;

fn objects(from: usize, count: usize) -> Written {
    Written {
        keys: (from..from + count)
            .map(|number| format!("photos/{number}.jpg"))
            .collect(),
        ..Written::default()
    }
}

fn at(seconds: i64) -> Moment {
    Moment::from_unix(1_795_428_900 + seconds)
}

#[test]
fn a_few_objects_are_all_looked_at() {
    let mut tally = Tally::default();
    assert_eq!(tally.pick(objects(0, 20), at(0)).len(), 20);
    assert_eq!((tally.looked_at, tally.passed_over), (20, 0));
}

#[test]
fn beyond_the_budget_of_a_minute_it_is_one_in_fifty() {
    let mut tally = Tally::default();
    let mut picked = 0;
    for batch in 0..10 {
        picked += tally.pick(objects(batch * 100, 100), at(5)).len();
    }
    // Twenty, and the places 50, 100, …, 950.
    assert_eq!(picked, 20 + 19);
    assert_eq!((tally.looked_at, tally.passed_over), (39, 961));
}

#[test]
fn the_next_minute_has_a_budget_of_its_own_and_the_count_goes_on() {
    let mut tally = Tally::default();
    tally.pick(objects(0, 40), at(0));
    assert_eq!(tally.pick(objects(40, 40), at(60)).len(), 20);
    assert_eq!((tally.looked_at, tally.passed_over), (40, 40));
    assert_eq!(tally.since, Some(at(0)));
}

#[test]
fn what_did_not_fit_into_a_message_is_counted_as_passed_over() {
    let mut written = objects(0, 90);
    written.add(objects(80, 30));
    assert_eq!((written.keys.len(), written.more), (100, 10));
    let mut tally = Tally::default();
    let picked = tally.pick(written, at(0));
    let looked_at = u64::try_from(picked.len()).unwrap();
    assert_eq!(tally.looked_at, looked_at);
    assert_eq!(tally.looked_at + tally.passed_over, 110);
}

fn key(number: usize) -> KeyArn {
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{number:08}-aaaa-bbbb-cccc-1234567890ab");
    arn.parse().unwrap()
}

fn under(number: usize, object: &str, begun: bool) -> Written {
    let object = object.to_owned();
    Written::under(key(number), Example { object, begun })
}

#[test]
fn a_million_objects_under_one_key_are_one_example_and_a_number() {
    let mut written = Written::default();
    for number in (0..1000).rev() {
        written.add(under(1, &format!("img/{number:04}.jpg"), false));
    }
    let named = &written.named[&key(1)];
    assert_eq!(named.events, 1000);
    let objects: Vec<&str> = named
        .examples
        .iter()
        .map(|example| example.object.as_str())
        .collect();
    assert_eq!(objects, ["img/0000.jpg"]);
}

#[test]
fn examples_come_from_different_folders_and_are_rather_there_than_only_begun() {
    let mut written = under(1, "img/a.jpg", true);
    for object in ["img/b.jpg", "logs/1", "zip/1", "logs/0", "video/1", "at-the-top"] {
        written.add(under(1, object, false));
    }
    let objects: Vec<&str> = written.named[&key(1)]
        .examples
        .iter()
        .map(|example| example.object.as_str())
        .collect();
    assert_eq!(objects, ["at-the-top", "img/b.jpg", "logs/0"]);
}

#[test]
fn named_keys_add_up_to_the_same_in_any_order_and_grouping() {
    let parts: Vec<Written> = (0..60)
        .map(|number| {
            let folder = number % 7;
            under(
                number * 37 % 30,
                &format!("{folder}/{number}.jpg"),
                number % 5 == 0,
            )
        })
        .collect();
    let sum = |parts: &mut dyn Iterator<Item = &Written>| {
        let mut sum = Written::default();
        parts.for_each(|part| sum.add(part.clone()));
        sum
    };
    let forwards = sum(&mut parts.iter());
    assert_eq!(forwards.named.len(), KEYS_IN_A_MESSAGE);
    let events: u64 = forwards.named.values().map(|named| named.events).sum();
    assert_eq!(events + forwards.more, 60);
    assert_eq!(sum(&mut parts.iter().rev()), forwards);
    for cut in [1, 20, 31, 59] {
        let (left, right) = parts.split_at(cut);
        let mut grouped = sum(&mut right.iter());
        grouped.add(sum(&mut left.iter()));
        assert_eq!(grouped, forwards, "cut at {cut}");
    }
}

#[test]
fn an_object_whose_key_was_named_is_not_looked_at_besides_unless_it_was_only_begun() {
    let two = || Written {
        keys: vec!["img/a.jpg".to_owned(), "img/b.jpg".to_owned()],
        ..Written::default()
    };
    let mut written = two();
    written.add(under(1, "img/a.jpg", false));
    assert_eq!(written.keys, ["img/b.jpg"]);
    let mut written = under(1, "img/a.jpg", true);
    written.add(two());
    assert_eq!(written.keys, ["img/a.jpg", "img/b.jpg"]);
}

#[test]
fn a_message_of_before_keys_were_named_reads_as_ever_and_reads_back_with_them() {
    let old: Written = serde_json::from_str(r#"{"keys": ["a"], "more": 2}"#).unwrap();
    assert_eq!((old.keys.len(), old.more, old.named.len()), (1, 2, 0));
    let mut new = old;
    new.add(under(1, "img/a.jpg", true));
    let text = serde_json::to_string(&new).unwrap();
    assert_eq!(serde_json::from_str::<Written>(&text).unwrap(), new);
}

#[test]
fn the_fullest_message_fits_into_sqs() {
    let mut written = Written::default();
    for number in 0..IN_A_MESSAGE * 2 {
        let long = |folder: usize| format!("{folder}/{number:0>1021}");
        written.add(Written {
            keys: vec![long(9)],
            ..Written::default()
        });
        for folder in 0..EXAMPLES {
            written.add(under(number, &long(folder), true));
        }
    }
    let size = serde_json::to_string(&written).unwrap().len();
    assert!((160_000..200_000).contains(&size), "{size}");
}
