//! The topic (SNS) and the caller's identity (STS).

use guardian_core::alert::Notice;
use guardian_core::call::{CallError, CallErrorKind};
use guardian_core::name::AccountId;
use guardian_reconcile::seam::{Home, Identity, Topic};

use crate::Model;
use crate::operation::Operation;
use crate::refusal::Refusal;

/// "The maximum message size is 256 KB" (SNS API Reference, Publish); all bodies travel in one message, one copy
/// for each protocol.
const MESSAGE_LIMIT: usize = 256 * 1024;
/// "A message can have up to 10 attributes" where raw delivery is on (SNS Developer Guide, "Message attributes").
const ATTRIBUTES_LIMIT: usize = 10;

impl Topic for Model {
    async fn publish(&self, notice: &Notice) -> Result<(), CallError> {
        self.call(Operation::Publish, notice.subject.as_str(), |state| {
            check(notice)?;
            state.notices.push(notice.clone());
            Ok(())
        })
        .await
    }
}

fn check(notice: &Notice) -> Result<(), Refusal> {
    let invalid = |words: &str| Err(Refusal::other("InvalidParameter", words));
    // "Subjects must be ASCII text that begins with a letter, number, or punctuation mark; must not include
    // line breaks or control characters; and must be less than 100 characters long" (SNS API Reference).
    let subject = &notice.subject;
    let printable = subject.chars().all(|c| matches!(c, ' '..='~'));
    if subject.is_empty() || subject.starts_with(' ') || subject.len() >= 100 || !printable {
        return invalid("Invalid parameter: Subject");
    }
    if notice.text.is_empty() || notice.json.is_empty() {
        return invalid("Invalid parameter: Empty message");
    }
    let bodies = [
        &notice.text,
        &notice.text,
        &notice.json,
        &notice.json,
        &notice.json,
        &notice.json,
        &notice.chat,
    ];
    if serde_json::json!(bodies).to_string().len() > MESSAGE_LIMIT {
        return invalid("Invalid parameter: Message too long");
    }
    if notice.attributes.len() > ATTRIBUTES_LIMIT {
        return invalid("Invalid parameter: too many message attributes");
    }
    // "The message attribute must contain non-empty message attribute value" (SNS Developer Guide).
    if notice
        .attributes
        .iter()
        .any(|(name, value)| name.is_empty() || value.is_empty())
    {
        return invalid("The message attribute must contain non-empty message attribute value");
    }
    Ok(())
}

impl Home for Model {
    #[expect(clippy::expect_used, reason = "a model is made with an account")]
    fn account(&self) -> AccountId {
        let account = self.read(|state| state.home.account.parse());
        account.expect("the account of a model")
    }
}

impl Identity for Model {
    async fn caller_account(&self) -> Result<AccountId, CallError> {
        self.call(Operation::GetCallerIdentity, "", |state| {
            state.home.account.parse().map_err(|_| {
                Refusal::new(
                    CallErrorKind::Other,
                    "InvalidIdentity",
                    "the model was made with an account id that is none",
                )
            })
        })
        .await
    }
}

impl Model {
    /// What was published since the last [`take_notices`](Self::take_notices).
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.read(|state| state.notices.clone())
    }

    /// The same, and starts anew.
    pub fn take_notices(&self) -> Vec<Notice> {
        self.change(|state| std::mem::take(&mut state.notices))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::done;

    fn notice() -> Notice {
        let attributes = [("code".to_owned(), "grant-missing".to_owned())]
            .into_iter()
            .collect();
        Notice {
            subject: "repaired: media".to_owned(),
            text: "x".to_owned(),
            json: "{}".to_owned(),
            chat: "{}".to_owned(),
            attributes,
        }
    }

    #[test]
    fn what_sns_refuses_is_not_published() {
        let model = Model::new(1);
        for subject in [
            "a".repeat(100),
            "two\nlines".to_owned(),
            String::new(),
            "für".to_owned(),
        ] {
            assert!(done(model.publish(&Notice { subject, ..notice() })).is_err());
        }
        let empty = [("code".to_owned(), String::new())].into_iter().collect();
        for refused in [
            Notice {
                text: String::new(),
                ..notice()
            },
            Notice {
                text: "a".repeat(MESSAGE_LIMIT),
                ..notice()
            },
            Notice {
                attributes: empty,
                ..notice()
            },
        ] {
            assert_eq!(
                done(model.publish(&refused)).map_err(|error| error.kind),
                Err(CallErrorKind::Other)
            );
        }
        assert_eq!(model.notices(), []);
    }

    #[test]
    fn what_is_published_is_kept_until_it_is_taken() {
        let model = Model::new(1);
        done(model.publish(&notice())).unwrap();
        assert_eq!(model.notices(), [notice()]);
        assert_eq!(model.take_notices(), [notice()]);
        assert_eq!(model.notices(), []);
    }

    #[test]
    fn the_caller_is_of_the_account_the_model_was_made_for() {
        let account: AccountId = "444455556666".parse().unwrap();
        assert_eq!(
            done(Model::at_home(1, &account, "eu-west-1").caller_account()),
            Ok(account)
        );
        assert_eq!(
            done(Model::new(1).caller_account()).unwrap().as_str(),
            "111122223333"
        );
    }
}
