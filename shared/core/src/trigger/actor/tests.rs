use super::*;
use serde_json::json;

#[test]
fn a_principal_is_named_as_well_as_the_record_allows() {
    let session = "arn:aws:sts::111122223333:assumed-role/admin/maria";
    let role = "arn:aws:iam::111122223333:role/admin";
    for (identity, principal) in [
        (
            json!({"arn": session, "sessionContext": {"sessionIssuer": {"arn": role}}}),
            session,
        ),
        (
            json!({"sessionContext": {"sessionIssuer": {"arn": role}}, "userName": "x"}),
            role,
        ),
        (
            json!({"sessionContext": {"sessionIssuer": {}}, "userName": "maria"}),
            "maria",
        ),
        (
            json!({"accountId": "111122223333", "invokedBy": "AWS Internal"}),
            "AWS Internal",
        ),
        (
            json!({"principalId": "AIDAEXAMPLE:x", "accountId": "111122223333"}),
            "AIDAEXAMPLE:x",
        ),
        (
            json!({"type": "AWSAccount", "accountId": "232482882421", "arn": ""}),
            "232482882421",
        ),
    ] {
        let actor = of_record(&json!({"userIdentity": identity})).unwrap();
        assert_eq!(actor.principal.as_deref(), Some(principal), "{identity}");
    }
}

#[test]
fn a_record_that_says_nothing_of_the_actor_has_none() {
    for record in [
        json!({}),
        json!({"userIdentity": "maria", "sourceIPAddress": "", "userAgent": "[]"}),
    ] {
        assert_eq!(of_record(&record), None, "{record}");
    }
}

#[test]
fn a_lifecycle_rule_is_a_tool_without_an_address() {
    let detail =
        json!({"requester": "s3.amazonaws.com", "reason": "Lifecycle Expiration", "request-id": "20EB74"});
    let actor = of_object_event(&detail).unwrap();
    assert_eq!(actor.tool.as_deref(), Some("S3 Lifecycle"));
    assert_eq!((actor.address, actor.request.as_deref()), (None, Some("20EB74")));
}

#[test]
fn a_person_at_the_console_and_an_address_are_no_services() {
    for (text, service) in [
        ("ec2.amazonaws.com", true),
        ("AWS Internal", true),
        ("signin.amazonaws.com", false),
        ("console.amazonaws.com", false),
        ("203.0.113.7", false),
        ("evil.example/.amazonaws.com", false),
        (".amazonaws.com", false),
    ] {
        assert_eq!(is_service(text), service, "{text}");
    }
}
