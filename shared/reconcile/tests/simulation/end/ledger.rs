//! What stands in a stack's ledger once everything is at rest.

use std::collections::BTreeMap;

use guardian_core::finding::Code;
use guardian_core::incident::{INCIDENT, Incident, State};
use guardian_core::name::{KeyArn, Resource};
use guardian_reconcile::seam::Entry;

/// What stands in the ledger of a stack.
pub(super) struct Ledger {
    pub(super) incidents: BTreeMap<String, Vec<Incident>>,
    /// The keys that a bucket needs, by the bucket's page.
    pub(super) needs: BTreeMap<String, Vec<KeyArn>>,
}

impl Ledger {
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let (mut incidents, mut needs) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            let page = entry.resource.to_string();
            if entry.name.starts_with(INCIDENT) {
                let incident: Incident = serde_json::from_value(entry.body).unwrap();
                let all: &mut Vec<Incident> = incidents.entry(page).or_default();
                all.push(incident);
            } else if let Some(key) = entry.name.strip_prefix("needs#") {
                let all: &mut Vec<KeyArn> = needs.entry(page).or_default();
                all.extend(key.parse::<KeyArn>().ok());
            }
        }
        Self { incidents, needs }
    }

    pub(super) fn of_page(&self, page: &str) -> impl Iterator<Item = &Incident> + use<'_> {
        self.incidents.get(page).into_iter().flatten()
    }

    /// The incidents of a bucket and of the keys it needs.
    pub(super) fn about<'l>(&'l self, page: &'l str) -> impl Iterator<Item = &'l Incident> {
        let keys = self.needs.get(page).into_iter().flatten();
        let of_keys = keys.flat_map(|key| self.of_page_owned(Resource::Key(key.clone()).to_string()));
        self.of_page(page).chain(of_keys)
    }

    fn of_page_owned(&self, page: String) -> impl Iterator<Item = &Incident> {
        self.incidents.get(&page).into_iter().flatten()
    }
}

/// Whether an incident can be the reason that nothing is read.
pub(super) fn explains(incident: &Incident) -> bool {
    let code = incident.finding.code;
    incident.state == State::NeedsYou
        && !matches!(
            code,
            Code::NotificationsOff | Code::NotificationsUnknown | Code::RepairsPaused
        )
        && !matches!(
            code,
            Code::KeyGrantBroad | Code::KeyGrantUnused | Code::RegionOptIn
        )
}

/// Whether the incident says that a read is lost for want of something of ours.
pub(super) fn is_about_ours(incident: &Incident) -> bool {
    let codes = [
        Code::GrantMissing,
        Code::GrantPartial,
        Code::MarkerMissing,
        Code::KeyGrantMissing,
    ];
    incident.is_open() && codes.contains(&incident.finding.code)
}

/// Whether the incident says that nobody can decrypt.
pub(super) fn is_about_the_key(incident: &Incident) -> bool {
    let codes = [
        Code::KeyGrantMissing,
        Code::KeyDisabled,
        Code::KeyPendingDeletion,
        Code::KeyUnusable,
    ];
    incident.is_open() && codes.contains(&incident.finding.code)
}
