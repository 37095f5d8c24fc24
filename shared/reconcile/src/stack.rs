//! The cycle of the stack: whether the guardian still sees and is still heard. Nothing here is repaired.

mod observe;
mod times;

use guardian_core::alert::Affected;
use guardian_core::cause::Work;
use guardian_core::finding::Code;
use guardian_core::judge::{add_reach, judge_stack};
use guardian_core::name::Resource;
use guardian_core::plan::Plan;
use guardian_core::settings::Settings;
use tracing::error;

use crate::book::Book;
use crate::cycle::Cycle;
use crate::index::concerned;
use crate::seam::{Clock, Eyes, Ledger, Queues, Topic, Trail};
use crate::{ReconcileError, Report};

pub(crate) use times::note_sweep;

/// Looks at the stack's own parts, and tells what is wrong with them.
pub(crate) async fn reconcile_stack<A>(
    aws: &A,
    settings: &Settings,
    work: &Work,
) -> Result<Report, ReconcileError>
where
    A: Eyes + Ledger + Queues + Topic + Trail + Clock,
{
    let Some(parts) = &settings.parts else {
        let report = Report::new(Resource::Stack, &work.cause.event);
        return Ok(report.noted("there is no stack to look after"));
    };
    let (book, seen) = futures_util::join!(
        Book::load(aws, &Resource::Stack),
        observe::observe_stack(aws, settings, parts)
    );
    let mut book = book?;
    let mut judgement = judge_stack(settings, parts, &seen?, aws.now());
    if !judgement.findings.is_empty() {
        let buckets = concerned(aws, &Resource::Sweep).await?;
        add_reach(&mut judgement, parts, buckets.len());
    }
    for finding in &judgement.findings {
        if matches!(finding.code, Code::TopicMissing | Code::TopicSilent) {
            // Whoever reads it can only read it here.
            error!(
                code = finding.code.as_str(),
                message = finding.message,
                "nobody would hear"
            );
        }
    }
    let cycle = Cycle {
        resource: Resource::Stack,
        work,
        affected: Affected::default(),
        repairing: false,
        judgement,
        elsewhere: Vec::new(),
        unfinished: false,
    };
    let mut report = cycle
        .close(aws, &mut book, Plan::default(), async |_| Ok(Vec::new()))
        .await?;
    // What is said of a verdict is said of buckets.
    report.verdict = None;
    Ok(report)
}
