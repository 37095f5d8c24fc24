//! How people name what they put into buckets.

use super::bucket::Bucket;
use crate::sample::chance::Chance;

fn text(chance: &mut Chance, alphabet: &str, length: usize) -> String {
    let alphabet: Vec<char> = alphabet.chars().collect();
    (0..length)
        .map(|_| alphabet[chance.below(alphabet.len())])
        .collect()
}

fn hex(chance: &mut Chance, length: usize) -> String {
    text(chance, "0123456789abcdef", length)
}

fn word(chance: &mut Chance) -> String {
    let length = 3 + chance.below(7);
    text(chance, "aaabcdeeefghiijklmnooprrsssttuvwyz", length)
}

fn uuid(chance: &mut Chance) -> String {
    let mut part = |length| hex(chance, length);
    format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
}

/// `2015/01/05/IMG_0001.jpg`, eight years, 35 a day on average over 2,920 days.
pub(super) fn dates() -> Bucket {
    let mut chance = Chance::new(1);
    let mut keys = Vec::new();
    for year in 2015..2023 {
        for day in 0..365 {
            for _ in 0..chance.below(70) {
                let number = chance.below(10_000);
                keys.push(format!(
                    "{year}/{:02}/{:02}/IMG_{number:04}.jpg",
                    day / 31 + 1,
                    day % 31 + 1
                ));
            }
        }
    }
    Bucket::of(keys)
}

/// `2015-01-05T10:11:12.json` in one flat folder.
pub(super) fn flat_dates() -> Bucket {
    let mut chance = Chance::new(2);
    Bucket::of((0..100_000).map(|_| {
        let (year, month, day) = (2015 + chance.below(8), 1 + chance.below(12), 1 + chance.below(28));
        let (hour, minute, second) = (chance.below(24), chance.below(60), chance.below(60));
        format!("logs/{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.json")
    }))
}

pub(super) fn hashes() -> Bucket {
    let mut chance = Chance::new(3);
    Bucket::of((0..100_000).map(|_| hex(&mut chance, 32)))
}

pub(super) fn uuids_in_a_folder() -> Bucket {
    let mut chance = Chance::new(4);
    Bucket::of((0..50_000).map(|_| format!("assets/originals/{}.png", uuid(&mut chance))))
}

/// `IMG_000001.jpg` to `IMG_100000.jpg`.
pub(super) fn sequential() -> Bucket {
    Bucket::of((1..=100_000).map(|number| format!("IMG_{number:06}.jpg")))
}

/// Numbers without leading zeros.
pub(super) fn plain_numbers() -> Bucket {
    Bucket::of((1..=50_000).map(|number| format!("products/{number}/front.jpg")))
}

/// 2,000 customers, a word each, with 5 to 44 objects.
pub(super) fn words() -> Bucket {
    let mut chance = Chance::new(5);
    let mut keys = Vec::new();
    for _ in 0..2_000 {
        let customer = word(&mut chance);
        for _ in 0..5 + chance.below(40) {
            keys.push(format!("{customer}/{}.jpg", word(&mut chance)));
        }
    }
    Bucket::of(keys)
}

/// Flat words.
pub(super) fn flat_words() -> Bucket {
    let mut chance = Chance::new(6);
    Bucket::of((0..60_000).map(|_| format!("{} {}.jpg", word(&mut chance), word(&mut chance))))
}

/// 200 folders of 50 objects, and one in the middle with 90,000.
pub(super) fn one_huge_folder() -> Bucket {
    let small = (0..200).flat_map(|folder| (0..50).map(move |n| format!("album-{folder:03}/{n:02}.jpg")));
    let huge = (0..90_000).map(|n| format!("album-100-all/{n:05}.jpg"));
    Bucket::of(small.chain(huge))
}

/// Everything seven folders down.
pub(super) fn deep() -> Bucket {
    let mut chance = Chance::new(7);
    let day = |n: usize| format!("{}/{:02}", 2018 + n / 12, n % 12 + 1);
    Bucket::of((0..60_000).map(|n| {
        format!(
            "prod/eu/media/customer/raw/{}/{}.jpg",
            day(n / 1_000),
            hex(&mut chance, 16)
        )
    }))
}

/// Few folders, each with many more inside.
pub(super) fn few_then_many() -> Bucket {
    let mut chance = Chance::new(8);
    let mut keys = Vec::new();
    for top in ["images", "raw", "video"] {
        for _ in 0..500 {
            let user = word(&mut chance);
            for n in 0..chance.below(60) {
                keys.push(format!("{top}/{user}/{n}.bin"));
            }
        }
    }
    Bucket::of(keys)
}

pub(super) fn unicode() -> Bucket {
    let mut chance = Chance::new(9);
    Bucket::of((0..40_000).map(|n| {
        let folder = text(&mut chance, "写真東京大阪京都猫犬山川海空花鳥風月", 2);
        format!("{folder}/été {n:05} 🌄.jpg")
    }))
}

pub(super) fn spaces() -> Bucket {
    let mut chance = Chance::new(10);
    Bucket::of((0..40_000).map(|n| {
        format!(
            "My Photos/Summer {} (copy)/DSC {n:05}.JPG",
            1990 + chance.below(30)
        )
    }))
}
