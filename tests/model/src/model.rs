//! The handle on the model.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use guardian_core::call::CallError;

use crate::faults::Fault;
use crate::journal::Call;
use crate::operation::Operation;
use crate::refusal::Refusal;
use crate::state::State;
use crate::{When, faults};

/// The model of AWS, seen from the guarded account. Cheap to clone; clones share one state.
#[derive(Clone)]
pub struct Model {
    state: Rc<RefCell<State>>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").finish_non_exhaustive()
    }
}

impl Model {
    pub(crate) fn of(state: State) -> Self {
        Self {
            state: Rc::new(RefCell::new(state)),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// `act` never gets a [`Model`], so that it cannot borrow the state again.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.borrow_mut())
    }

    /// One call through a seam: noted, interrupted and failed as ordered, and otherwise done.
    pub(crate) async fn call<T>(
        &self,
        operation: Operation,
        resource: impl Into<String>,
        effect: impl FnOnce(&mut State) -> Result<T, Refusal>,
    ) -> Result<T, CallError> {
        self.turn().await;
        let call = Call::new(operation, resource.into());
        self.change(|state| state.journal.push(call));
        self.interrupt(operation, &When::is_before);
        let fault = self.change(|state| state.faults.next(operation));
        let outcome = match fault {
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::LoseResponse) => {
                // Whatever came of it, the caller does not hear of it.
                let _lost = self.change(effect);
                Err(faults::lost_response(operation))
            }
            None => self
                .change(effect)
                .map_err(|refusal| refusal.into_error(operation)),
        };
        self.interrupt(operation, &When::is_after);
        self.turn().await;
        outcome
    }
}
