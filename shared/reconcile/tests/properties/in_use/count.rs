//! Censuses of the bucket, to whatever end, and what happens while they run.

use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::cause::{Cause, Work};
use guardian_core::census::{FINISHED, Source};
use guardian_core::name::Resource;
use guardian_core::observation::ListedObject;
use guardian_core::right::Role;
use guardian_reconcile::census::{Checkpoint, begin, count, finish, head_batch, record, walk};
use guardian_reconcile::seam::{Clock, Queues};

use super::change::{Census, Change};
use super::play::{Law, Play};
use crate::stage::done;

impl Play {
    /// A census of the bucket, to whatever end.
    pub(crate) fn count(
        &mut self,
        census: Census,
        meanwhile: &[(Change, bool)],
        minutes: u64,
        acts: bool,
    ) -> Law {
        self.censuses += 1;
        let id = format!("vault-{}", self.censuses);
        self.tell(format!("the census {id} begins"));
        let model = self.stage.model.clone();
        let names: Vec<String> = model.objects(&self.vault).into_keys().collect();
        let (first, second) = names.split_at(names.len() / 2);
        let began = model.now();
        if matches!(census, Census::ByHand) {
            let start = Checkpoint::start(self.vault.clone(), &[], id.clone(), began);
            let counted = done(walk(&model, start, 5, |_| Ok::<_, CallError>(()))).unwrap();
            let heads = self.heads(0);
            self.meanwhile(meanwhile, minutes, acts)?;
            self.recorded(&counted);
            self.counted = heads;
            self.tell(format!("the census {id} ends"));
            return Ok(());
        }
        let started = done(begin(&model, &self.stage.settings, &self.vault, &id)).unwrap();
        if matches!(census, Census::BrokenOff) {
            let objects: Vec<ListedObject> = first
                .iter()
                .map(|key| ListedObject {
                    key: key.clone(),
                    owner: None,
                })
                .collect();
            let counts = done(count(&model, &self.vault, &objects, None, 5, Role::Reconciler)).unwrap();
            let heads = self.heads(0);
            self.meanwhile(meanwhile, minutes, acts)?;
            self.counted = heads;
            self.recorded(&guardian_core::census::Census {
                scope: vec!["*".to_owned()],
                id: id.clone(),
                source: Source::Walk,
                began,
                ended: None,
                whole: false,
                counts,
            });
            self.tell(format!("the census {id} is broken off"));
            return Ok(());
        }
        let unknown = matches!(census, Census::WithUnknown) && !first.is_empty();
        if unknown {
            model.fail_next("HeadObject", 1, CallErrorKind::AccessDenied);
        }
        done(head_batch(&model, &started, first)).unwrap();
        if matches!(census, Census::Abandoned) {
            model.take_journal();
            self.meanwhile(meanwhile, minutes, acts)?;
            self.tell(format!("the census {id} comes to no end"));
            return Ok(());
        }
        let mut heads = self.heads(usize::from(unknown));
        self.meanwhile(meanwhile, minutes, acts)?;
        done(head_batch(&model, &started, second)).unwrap();
        done(finish(&model, &started, names.len() as u64)).unwrap();
        heads.extend(self.heads(0));
        self.counted = heads;
        self.tell(format!(
            "the census {id} ends{}",
            if unknown { ", one object unknown" } else { "" }
        ));
        Ok(())
    }

    /// What happens while a census runs; if the guardian `acts`, it comes to rest after each of the changes.
    fn meanwhile(&mut self, changes: &[(Change, bool)], minutes: u64, acts: bool) -> Law {
        self.wait(minutes);
        for (change, lost) in changes {
            self.change(*change, *lost);
            if acts {
                self.rest()?;
            }
        }
        Ok(())
    }

    fn recorded(&self, census: &guardian_core::census::Census) {
        let model = &self.stage.model;
        assert_eq!(done(record(model, &self.vault, census)), Ok(true));
        let cause = Cause::of_event(census.id.as_str(), FINISHED);
        let work = Work::new(Resource::Bucket(self.vault.clone()), cause);
        assert_eq!(done(model.send_work(&[work])), Ok(Vec::new()));
        model.take_journal();
    }
}
