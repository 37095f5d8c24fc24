//! How a stored document differs from the one that was sent.

use serde_json::Value;

use super::directory::Directory;
use crate::random::Random;

/// The form S3 and KMS give back: account ids as root ARNs, arrays of one as scalars, principals in an order
/// of their own. The order of the statements stays. (IAM User Guide, "AWS account principals"; seen in
/// hashicorp/terraform#9036 and terraform-provider-aws#286.)
pub(crate) fn stored(mut document: Value, directory: &Directory, random: &mut Random) -> Value {
    if let Some(statement @ Value::Object(_)) = document.get_mut("Statement") {
        let only = statement.take();
        *statement = Value::Array(vec![only]);
    }
    each_statement(&mut document, |statement| {
        for (element, value) in statement.iter_mut() {
            match element.as_str() {
                "Principal" | "NotPrincipal" => {
                    each_aws_principal(value, |name| *name = directory.stored_form(name));
                    if let Value::Object(kinds) = value {
                        kinds.values_mut().for_each(|named| settle(named, Some(random)));
                    }
                }
                "Action" | "NotAction" | "Resource" | "NotResource" => settle(value, None),
                _ => {}
            }
        }
    });
    document
}

/// Puts the unique id in the place of a principal that was deleted (S3 User Guide, "How Amazon S3 works with
/// IAM"). Answers whether it was named at all.
pub(crate) fn bury(document: &mut Value, arn: &str, unique_id: &str) -> bool {
    let mut named = false;
    each_statement(document, |statement| {
        for element in ["Principal", "NotPrincipal"] {
            if let Some(principal) = statement.get_mut(element) {
                each_aws_principal(principal, |name| {
                    if name == arn {
                        named = true;
                        unique_id.clone_into(name);
                    }
                });
            }
        }
    });
    named
}

fn settle(value: &mut Value, random: Option<&mut Random>) {
    let Value::Array(many) = value else { return };
    if let [only] = many.as_mut_slice() {
        *value = only.take();
    } else if let Some(random) = random {
        random.shuffle(many);
    }
}

fn each_statement(document: &mut Value, mut act: impl FnMut(&mut super::document::Object)) {
    match document.get_mut("Statement") {
        Some(Value::Array(many)) => many.iter_mut().filter_map(Value::as_object_mut).for_each(act),
        Some(Value::Object(only)) => act(only),
        _ => {}
    }
}

fn each_aws_principal(principal: &mut Value, mut act: impl FnMut(&mut String)) {
    let Value::Object(kinds) = principal else { return };
    match kinds.get_mut("AWS") {
        Some(Value::Array(many)) => {
            for name in many {
                if let Value::String(name) = name {
                    act(name);
                }
            }
        }
        Some(Value::String(name)) => act(name),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn account_ids_come_back_as_arns_and_arrays_of_one_as_scalars() {
        let sent = json!({"Statement": {
            "Effect": "Allow", "Principal": {"AWS": ["232482882421"]},
            "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::media/*"],
        }});
        assert_eq!(
            stored(sent, &Directory::new("aws"), &mut Random::new(1)),
            json!({"Statement": [{
                "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::232482882421:root"},
                "Action": "s3:GetObject", "Resource": "arn:aws:s3:::media/*",
            }]})
        );
    }

    #[test]
    fn several_principals_may_come_back_in_another_order_but_statements_do_not() {
        let sent = json!({"Statement": [
            {"Sid": "a", "Principal": {"AWS": ["111122223333", "232482882421", "444455556666"]}},
            {"Sid": "b", "Principal": "*"},
        ]});
        let orders: std::collections::BTreeSet<String> = (0..20)
            .map(|seed| stored(sent.clone(), &Directory::new("aws"), &mut Random::new(seed)))
            .inspect(|document| assert_eq!(document["Statement"][0]["Sid"], "a"))
            .map(|document| document["Statement"][0]["Principal"]["AWS"].to_string())
            .collect();
        assert!(orders.len() > 1);
    }

    #[test]
    fn a_deleted_principal_turns_into_its_unique_id() {
        let mut document = json!({"Statement": [{"Principal": {"AWS": ["arn:aws:iam::1:role/a", "x"]}}]});
        assert!(bury(&mut document, "arn:aws:iam::1:role/a", "AROAX"));
        assert_eq!(
            document["Statement"][0]["Principal"]["AWS"],
            json!(["AROAX", "x"])
        );
        assert!(!bury(&mut document, "arn:aws:iam::1:role/a", "AROAX"));
    }
}
