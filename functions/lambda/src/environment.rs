//! The environment that template.yaml gives the functions.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use guardian_aws::Stack;
use guardian_core::name::AccountId;
use guardian_core::parts::{OwnQueue, OwnRule, Parts, SweepRate};
use guardian_core::quota::Quotas;
use guardian_core::settings::{Ceilings, CensusLevel, Digest, Mode, Settings};

/// A variable that is missing or makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable `{name}` {problem}; template.yaml sets it")]
pub struct EnvironmentError {
    name: &'static str,
    problem: String,
}

/// Where variables come from; tests bring their own.
#[derive(Debug, Clone, Copy)]
pub struct Environment<F>(F);

impl Environment<fn(&str) -> Option<String>> {
    /// The environment of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(|name| std::env::var(name).ok())
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// An environment that is looked up like this.
    pub fn new(look_up: F) -> Self {
        Self(look_up)
    }

    fn text(&self, name: &'static str) -> Result<String, EnvironmentError> {
        let value = (self.0)(name).filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| EnvironmentError {
            name,
            problem: "is not set".to_owned(),
        })
    }

    fn list(&self, name: &'static str) -> Result<Vec<String>, EnvironmentError> {
        let text = self.text(name)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        Ok(parts.map(str::to_owned).collect())
    }

    fn account_of(&self, name: &'static str) -> Result<AccountId, EnvironmentError> {
        let text = self.text(name)?;
        text.parse().map_err(|error| EnvironmentError {
            name,
            problem: format!("is wrong: {error}"),
        })
    }

    /// One of the values that the parameter allows.
    fn choice<T: Copy>(&self, name: &'static str, values: &[(&str, T)]) -> Result<T, EnvironmentError> {
        let text = self.text(name)?;
        let found = values.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<_> = values.iter().map(|(word, _)| format!("`{word}`")).collect();
            EnvironmentError {
                name,
                problem: format!("is `{text}`: expected one of {}", words.join(", ")),
            }
        })
    }

    /// A whole number of this range.
    fn number<N>(&self, name: &'static str, range: RangeInclusive<N>) -> Result<N, EnvironmentError>
    where
        N: FromStr + PartialOrd + Display,
    {
        let text = self.text(name)?;
        let number = text.trim().parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| EnvironmentError {
            name,
            problem: format!(
                "is `{text}`: expected a number from {} to {}",
                range.start(),
                range.end()
            ),
        })
    }

    /// Whole days, from 1 to 365.
    fn days(&self, name: &'static str) -> Result<Duration, EnvironmentError> {
        const DAY: u64 = 24 * 60 * 60;
        let text = self.text(name)?;
        let days = text.trim().parse().ok().filter(|days| (1..=365).contains(days));
        days.map(|days: u64| Duration::from_secs(days * DAY))
            .ok_or_else(|| EnvironmentError {
                name,
                problem: format!("is `{text}`: expected days from 1 to 365"),
            })
    }

    /// The account of the stack.
    ///
    /// # Errors
    ///
    /// If it is not set, or not twelve digits.
    pub fn account(&self) -> Result<AccountId, EnvironmentError> {
        self.account_of("GUARDIAN_ACCOUNT_ID")
    }

    /// The stack's name.
    ///
    /// # Errors
    ///
    /// If it is not set.
    pub fn stack_name(&self) -> Result<String, EnvironmentError> {
        self.text("GUARDIAN_STACK")
    }

    /// The settings of the reconciler. There is no default for what limits it: a stack that says nothing of
    /// its mode or its ceilings does not start.
    ///
    /// # Errors
    ///
    /// The first variable that is missing or wrong.
    pub fn settings(&self, region: &str) -> Result<Settings, EnvironmentError> {
        let no_or_yes = [("no", false), ("yes", true)];
        let modes = [("observe", Mode::Observe), ("repair", Mode::Repair)];
        let digests = [
            ("off", None),
            ("daily", Some(Digest::Daily)),
            ("weekly", Some(Digest::Weekly)),
        ];
        let levels = [
            ("off", CensusLevel::Off),
            ("sample", CensusLevel::Sample),
            ("full", CensusLevel::Full),
        ];
        Ok(Settings {
            digest: self.choice("GUARDIAN_DIGEST", &digests)?,
            manages_notifications: self.choice("GUARDIAN_MANAGE_NOTIFICATIONS", &no_or_yes)?,
            census: self.choice("GUARDIAN_CENSUS", &levels)?,
            watches_objects: self.choice("GUARDIAN_WATCH_OBJECTS", &no_or_yes)?,
            census_every: self.days("GUARDIAN_CENSUS_EVERY_DAYS")?,
            parts: None,
            quotas: None,
            account: self.account()?,
            partition: self.text("GUARDIAN_PARTITION")?,
            region: region.to_owned(),
            cloudinary_account: self.account_of("GUARDIAN_CLOUDINARY_ACCOUNT_ID")?,
            ceilings: Ceilings {
                mode: self.choice("GUARDIAN_MODE", &modes)?,
                clouds: self.list("GUARDIAN_ALLOWED_CLOUDS")?,
                bucket_arns: self.list("GUARDIAN_BUCKET_ARNS")?,
            },
        })
    }

    /// What a sweep may ask of the account's quotas: for the reconciler, which alone sweeps.
    ///
    /// # Errors
    ///
    /// The first variable that is missing or wrong.
    pub fn quotas(&self) -> Result<Quotas, EnvironmentError> {
        Ok(Quotas {
            share: self.number("GUARDIAN_SWEEP_SHARE", 10..=100)?,
            parameter_store: self.number("GUARDIAN_PARAMETER_STORE_RATE", 40..=10_000)?,
        })
    }

    /// The stack's own parts, which the reconciler looks after.
    ///
    /// # Errors
    ///
    /// The first variable that is missing or wrong.
    pub fn parts(&self) -> Result<Parts, EnvironmentError> {
        fn read<T, E: Display>(name: &'static str, read: Result<T, E>) -> Result<T, EnvironmentError> {
            read.map_err(|error| EnvironmentError {
                name,
                problem: format!("is wrong: {error}"),
            })
        }
        const RULES: &str = "GUARDIAN_RULES";
        const QUEUES: &str = "GUARDIAN_QUEUES";
        const RATE: &str = "GUARDIAN_SWEEP_RATE";
        Ok(Parts {
            rules: read(RULES, OwnRule::list(&self.text(RULES)?))?,
            queues: read(QUEUES, OwnQueue::list(&self.text(QUEUES)?))?,
            topic: self.text("GUARDIAN_TOPIC_ARN")?,
            sweep: read(RATE, SweepRate::read(&self.text(RATE)?))?,
        })
    }

    /// The stack's own things as the router needs them.
    ///
    /// # Errors
    ///
    /// If a variable is not set.
    pub fn router_stack(&self) -> Result<Stack, EnvironmentError> {
        Ok(Stack {
            table: Some(self.text("GUARDIAN_TABLE")?),
            work_queue_url: Some(self.text("GUARDIAN_WORK_QUEUE_URL")?),
            ..Stack::default()
        })
    }

    /// The stack's own things as the reconciler needs them.
    ///
    /// # Errors
    ///
    /// If a variable is not set.
    pub fn reconciler_stack(&self) -> Result<Stack, EnvironmentError> {
        Ok(Stack {
            table: Some(self.text("GUARDIAN_TABLE")?),
            topic_arn: Some(self.text("GUARDIAN_TOPIC_ARN")?),
            work_queue_url: Some(self.text("GUARDIAN_WORK_QUEUE_URL")?),
            ingest_queue_url: Some(self.text("GUARDIAN_INGEST_QUEUE_URL")?),
            // Only a stack with walks has one.
            census_state_machine: self.text("GUARDIAN_CENSUS_STATE_MACHINE").ok(),
        })
    }

    /// The stack's own things as the census function needs them.
    ///
    /// # Errors
    ///
    /// If a variable is not set.
    pub fn census_stack(&self) -> Result<Stack, EnvironmentError> {
        self.router_stack()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn complete() -> BTreeMap<&'static str, &'static str> {
        BTreeMap::from([
            ("GUARDIAN_ACCOUNT_ID", "111122223333"),
            ("GUARDIAN_PARTITION", "aws"),
            ("GUARDIAN_CLOUDINARY_ACCOUNT_ID", "232482882421"),
            ("GUARDIAN_MODE", "repair"),
            ("GUARDIAN_ALLOWED_CLOUDS", "demo, demo-*"),
            ("GUARDIAN_BUCKET_ARNS", "arn:aws:s3:::media-*"),
            ("GUARDIAN_DIGEST", "off"),
            ("GUARDIAN_CENSUS", "off"),
            ("GUARDIAN_WATCH_OBJECTS", "no"),
            ("GUARDIAN_CENSUS_EVERY_DAYS", "30"),
            ("GUARDIAN_MANAGE_NOTIFICATIONS", "no"),
        ])
    }

    fn settings(variables: &BTreeMap<&str, &str>) -> Result<Settings, EnvironmentError> {
        Environment::new(|name: &str| variables.get(name).map(|value| (*value).to_owned()))
            .settings("us-east-1")
    }

    #[test]
    fn lists_are_split_at_commas() {
        assert_eq!(settings(&complete()).unwrap().ceilings.clouds, ["demo", "demo-*"]);
    }

    #[test]
    fn every_variable_is_required_and_named_when_it_is_missing() {
        for name in complete().keys() {
            let mut variables = complete();
            variables.remove(name);
            assert!(
                settings(&variables).unwrap_err().to_string().contains(name),
                "{name}"
            );
            variables.insert(name, " ");
            assert!(settings(&variables).is_err(), "{name} empty");
        }
    }

    #[test]
    fn the_time_between_walks_is_whole_days_up_to_a_year() {
        let of = |text| {
            let mut variables = complete();
            variables.insert("GUARDIAN_CENSUS_EVERY_DAYS", text);
            settings(&variables).map(|settings| settings.census_every.as_secs() / 86_400)
        };
        assert_eq!(of("1"), Ok(1));
        assert_eq!(of("365"), Ok(365));
        for wrong in ["0", "366", "7.5", "-1", "monthly"] {
            assert!(
                of(wrong).unwrap_err().to_string().contains("from 1 to 365"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn the_sweeps_share_is_one_that_a_batch_has_the_time_for() {
        let of = |name: &str, text: &str| {
            let variables = BTreeMap::from([
                ("GUARDIAN_SWEEP_SHARE", "25"),
                ("GUARDIAN_PARAMETER_STORE_RATE", "40"),
            ]);
            let value = |asked: &str| {
                let set = variables.get(asked).copied();
                set.map(|value| if asked == name { text } else { value }.to_owned())
            };
            Environment::new(value).quotas()
        };
        assert_eq!(of("GUARDIAN_SWEEP_SHARE", "100").unwrap().share, 100);
        let higher = of("GUARDIAN_PARAMETER_STORE_RATE", "10000").unwrap();
        assert_eq!(higher.parameter_store, 10_000);
        for (name, wrong) in [
            ("GUARDIAN_SWEEP_SHARE", "9"),
            ("GUARDIAN_SWEEP_SHARE", "101"),
            ("GUARDIAN_SWEEP_SHARE", "25 %"),
            ("GUARDIAN_PARAMETER_STORE_RATE", "39"),
        ] {
            let error = of(name, wrong).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("from"), "{error}");
        }
    }

    #[test]
    fn the_stack_is_looked_after_by_the_names_that_the_template_hands_on() {
        let variables = BTreeMap::from([
            ("GUARDIAN_RULES", "KeyRule=guard-KeyRule-1A,,"),
            (
                "GUARDIAN_QUEUES",
                "WorkQueue=https://sqs.eu-west-1.amazonaws.com/111122223333/guard-WorkQueue-1A.fifo",
            ),
            (
                "GUARDIAN_TOPIC_ARN",
                "arn:aws:sns:eu-west-1:111122223333:guard-AlertTopic-1A",
            ),
            ("GUARDIAN_SWEEP_RATE", "rate(1 hour)"),
        ]);
        let parts = |variables: &BTreeMap<&str, &str>| {
            Environment::new(|name: &str| variables.get(name).map(|value| (*value).to_owned())).parts()
        };
        let read = parts(&variables).unwrap();
        assert_eq!((read.rules.len(), read.queues.len()), (1, 1));
        assert_eq!(read.sweep.period(), Duration::from_secs(3600));
        for (name, wrong) in [("GUARDIAN_RULES", "KeyRule"), ("GUARDIAN_SWEEP_RATE", "hourly")] {
            let mut variables = variables.clone();
            variables.insert(name, wrong);
            assert!(
                parts(&variables).unwrap_err().to_string().contains(name),
                "{name}"
            );
        }
        for name in variables.keys() {
            let mut variables = variables.clone();
            variables.remove(name);
            assert!(parts(&variables).is_err(), "{name}");
        }
    }

    #[test]
    fn a_value_nobody_knows_starts_nothing_and_the_known_ones_are_named() {
        for (name, wrong, expected) in [
            ("GUARDIAN_MODE", "Repair", "`observe`, `repair`"),
            ("GUARDIAN_DIGEST", "hourly", "`off`, `daily`, `weekly`"),
            ("GUARDIAN_CENSUS", "none", "`off`, `sample`, `full`"),
            ("GUARDIAN_WATCH_OBJECTS", "true", "`no`, `yes`"),
            ("GUARDIAN_MANAGE_NOTIFICATIONS", "1", "`no`, `yes`"),
        ] {
            let mut variables = complete();
            variables.insert(name, wrong);
            let problem = settings(&variables).unwrap_err().to_string();
            assert!(
                problem.contains(name)
                    && problem.contains(&format!("is `{wrong}`: expected one of {expected};")),
                "{problem}"
            );
        }
    }
}
