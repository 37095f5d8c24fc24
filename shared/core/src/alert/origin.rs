//! Which guardian tells: where several share a topic, nothing else in a message says in which account and Region to look.

use serde_json::Value;

use super::Notice;
use crate::name::AccountId;

impl Notice {
    /// The same message, signed by the guardian of this account and Region: as the attributes `account` and `region`, in
    /// the last line of the plain text and as a keyword in chat. The body for machines is left as its schema has it.
    #[must_use]
    pub fn told_by(&self, account: &AccountId, region: &str) -> Self {
        let mut told = self.clone();
        for (name, value) in [("account", account.as_str()), ("region", region)] {
            told.attributes.insert(name.to_owned(), value.to_owned());
        }
        told.text.push_str(&format!(
            "Told by the guardian of account {account} in {region}\n"
        ));
        if let Ok(mut chat) = serde_json::from_str::<Value>(&self.chat)
            && let Some(Value::Array(keywords)) = chat.pointer_mut("/content/keywords")
        {
            keywords.push(format!("{account} {region}").into());
            told.chat = chat.to_string();
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn notice(chat: &str) -> Notice {
        Notice {
            subject: "grant-missing on media".to_owned(),
            text: "Transition grant-missing/bucket:media/1\n".to_owned(),
            json: r#"{"version":1}"#.to_owned(),
            chat: chat.to_owned(),
            attributes: BTreeMap::from([("bucket".to_owned(), "media".to_owned())]),
        }
    }

    fn told(chat: &str) -> Notice {
        notice(chat).told_by(&"111122223333".parse().unwrap(), "eu-west-1")
    }

    #[test]
    fn a_message_says_whose_guardian_tells() {
        let told = told(r#"{"version":"1.0","content":{"title":"t","keywords":["grant-missing"]}}"#);
        assert_eq!(
            told.text,
            "Transition grant-missing/bucket:media/1\nTold by the guardian of account 111122223333 in eu-west-1\n"
        );
        let attributes: Vec<(&str, &str)> = told.attributes.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            attributes,
            [
                ("account", "111122223333"),
                ("bucket", "media"),
                ("region", "eu-west-1")
            ]
        );
        let chat: Value = serde_json::from_str(&told.chat).unwrap();
        assert_eq!(
            chat["content"],
            json!({"title": "t", "keywords": ["grant-missing", "111122223333 eu-west-1"]})
        );
        assert_eq!(told.json, r#"{"version":1}"#);
    }

    #[test]
    fn a_body_for_chat_that_has_no_keywords_stays_as_it_is() {
        for chat in ["", "{}", r#"{"version":"1.0"}"#, "no json"] {
            assert_eq!(told(chat).chat, chat);
        }
    }
}
