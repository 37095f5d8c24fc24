//! The incident list, played by `guardian demo` on the model and on emulators that nobody here wrote: in ministack on queues,
//! table and topic that it makes itself, as for whoever tries it out, and in moto on those of template.yaml.

#[cfg(test)]
mod emulator;
#[cfg(test)]
mod guardian;

#[cfg(test)]
mod incidents {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    use serde_json::Value;

    use crate::emulator::{ACCOUNT, Emulator, Kind, REGION, environment, python};
    use crate::guardian::{Ended, Guardian, run};

    /// Incident, step, the emulator on which it may end otherwise than on AWS, and why. None has to: the one place
    /// where an emulator stands in the way (moto takes a Deny for met whatever its condition says) is met by the
    /// stage, which writes the owner's TLS statement so that it catches nothing the guardian does.
    const DIVERGENCES: [(&str, u64, Kind, &str); 0] = [];

    /// Incidents that no emulator can express: they know no imported key material, no time but the real one, and send no
    /// events through trails and rules that can be switched off.
    const OF_THE_MODEL: [&str; 6] = [
        "the trail is stopped, and until it logs again only the sweep sees what changes",
        "a rule of the guardian is disabled, and enabled again",
        "events cannot be delivered, and are thrown away once the reason is settled",
        "the last one who hears of it unsubscribes, and subscribes again",
        "imported key material is deleted, and imported again",
        "imported key material that expires is warned of, then goes, and no event tells of it",
    ];

    /// An incident that moto cannot express: it keeps that notifications go to EventBridge, and does not say so.
    const NOT_ON_MOTO: &str =
        "Terraform adds a queue to the bucket's notifications and leaves EventBridge out, then a marker goes";

    /// What each line of `--json` has to have.
    const FIELDS: [&str; 7] = [
        "incident", "event", "findings", "repairs", "alerts", "calls", "outcome",
    ];

    /// Every incident of the list in its order, with the number of its steps.
    fn steps_of_the_model() -> Vec<(String, u64)> {
        steps(&Guardian::new(&["demo", "--json"]).run().expect(0))
    }

    fn step(line: &Value) -> (String, u64) {
        (
            line["incident"].as_str().unwrap().to_owned(),
            line["step"].as_u64().unwrap(),
        )
    }

    fn steps(played: &Ended) -> Vec<(String, u64)> {
        played.lines().iter().map(step).collect()
    }

    /// Deploys template.yaml in the emulator; the file with the stack's outputs.
    fn deploy(emulator: &Emulator) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = Command::new(python().unwrap());
        command.arg("-I").arg(root.join("tests/emulator/deploy.py"));
        command.args(["Mode=repair", "WatchObjects=yes", "Census=sample"]);
        command.args(["BucketArns=arn:aws:s3:::media-*", "AllowedClouds=demo,demo-*"]);
        command.arg(format!("KeyArns=arn:aws:kms:{REGION}:{ACCOUNT}:key/*"));
        command.env_clear().envs(environment());
        command.env("AWS_ENDPOINT_URL", emulator.endpoint());
        let outputs = run(command, "", Duration::from_secs(120)).expect(0).stdout;
        let file = emulator.folder.join("stack.json");
        fs::write(&file, outputs).unwrap();
        file
    }

    fn every_incident_ends_as_it_should_on(kind: Kind) {
        let Some(emulator) = Emulator::start(kind) else {
            return;
        };
        let played = match kind {
            // `tests/stack/run` plays the list on the functions that it deploys there.
            Kind::Ministack => emulator.guardian(&["demo", "--json"]).run(),
            Kind::Moto => {
                let stack = deploy(&emulator);
                emulator
                    .guardian(&["demo", "--json", "--stack", stack.to_str().unwrap()])
                    .run()
            }
        };
        for line in played.lines() {
            let (incident, step) = step(&line);
            let allowed = |(name, of, on, _): &&(&str, u64, Kind, &str)| {
                (*name, *of, *on) == (incident.as_str(), step, kind)
            };
            match DIVERGENCES.iter().find(allowed) {
                Some((.., why)) => assert_ne!(
                    line["outcome"], "as expected",
                    "no longer true of {kind:?}: {why}"
                ),
                None => assert_eq!(
                    line["outcome"], "as expected",
                    "{incident}, step {step}: {line:#}"
                ),
            }
            assert!(line["calls"]["total"].as_u64().unwrap() > 0, "{line:#}");
        }
        let played = played.expect(i32::from(DIVERGENCES.iter().any(|(_, _, on, _)| *on == kind)));
        let (of_the_model, mut both) = (steps_of_the_model().len(), steps_of_the_model());
        both.retain(|(incident, _)| !OF_THE_MODEL.contains(&incident.as_str()));
        if kind == Kind::Moto {
            both.retain(|(incident, _)| incident != NOT_ON_MOTO);
        }
        assert!(
            both.len() < of_the_model,
            "the incidents of the model alone are in the list"
        );
        assert_eq!(steps(&played), both, "the list is one and the same");
    }

    #[test]
    fn every_incident_ends_as_it_should_on_ministack() {
        every_incident_ends_as_it_should_on(Kind::Ministack);
    }

    #[test]
    fn every_incident_ends_as_it_should_on_moto() {
        every_incident_ends_as_it_should_on(Kind::Moto);
    }

    #[test]
    fn the_timeline_of_an_emulator_names_it_and_counts_what_others_wrote() {
        let Some(emulator) = Emulator::start(Kind::Ministack) else {
            return;
        };
        let played = emulator.guardian(&["demo"]).run().expect(0);
        assert!(played.stdout.contains(&emulator.endpoint()), "{}", played.stdout);
        assert!(
            played.stdout.contains("all ended as they should"),
            "{}",
            played.stdout
        );
        assert!(
            played.stdout.contains("of them kept in the bucket policy of"),
            "{}",
            played.stdout
        );
    }

    #[test]
    fn the_model_plays_the_list_when_no_emulator_is_named() {
        let told = Guardian::new(&["demo"]).run().expect(0);
        assert!(
            told.stdout.contains("the in-memory model of AWS"),
            "{}",
            told.stdout
        );
        assert!(
            told.stdout.contains("all ended as they should"),
            "{}",
            told.stdout
        );
        assert_eq!(
            Guardian::new(&[]).run().expect(0).stdout,
            told.stdout,
            "`guardian` alone is `guardian demo`"
        );
    }

    #[test]
    fn each_line_of_json_is_an_incident_with_all_that_is_promised_of_it() {
        let played = Guardian::new(&["demo", "--json"]).run().expect(0);
        let lines = played.lines();
        for line in &lines {
            let object = line.as_object().unwrap();
            for field in FIELDS {
                assert!(object.contains_key(field), "{field} is missing: {line:#}");
            }
            assert_eq!(line["outcome"], "as expected", "{line:#}");
        }
        // What the issue asks of the list.
        let found: Vec<&str> = lines
            .iter()
            .flat_map(|line| line["findings"].as_array().unwrap())
            .map(|finding| finding["code"].as_str().unwrap())
            .collect();
        for code in [
            "grant-missing",
            "marker-missing",
            "marker-unexpected",
            "key-grant-missing",
            "key-disabled",
            "grant-denied",
            "policy-unwritable",
            "notifications-off",
        ] {
            assert!(found.contains(&code), "no incident finds {code}");
        }
    }
}
