//! Parameter Store: one declaration, and all of them.

use guardian_reconcile::seam::{Declarations, Parameter};

use super::wire::{Reply, over};

#[tokio::test]
async fn a_declaration_is_the_parameter_named_for_its_bucket() {
    let reply = Reply::new(200, r#"{"Parameter":{"Value":"{\"clouds\":[]}"}}"#);
    let (text, wire) = over([reply], async |aws| {
        aws.get_declaration(&"media".parse().unwrap()).await
    })
    .await;
    assert_eq!(text, Ok(Some(r#"{"clouds":[]}"#.to_owned())));
    assert_eq!(wire.one().json()["Name"], "/cloudinary-guardian/buckets/media");
}

#[tokio::test]
async fn a_bucket_without_a_parameter_is_undeclared() {
    let (text, wire) = over([Reply::json(400, "ParameterNotFound")], async |aws| {
        aws.get_declaration(&"media".parse().unwrap()).await
    })
    .await;
    assert_eq!(text, Ok(None));
    wire.one();
}

#[tokio::test]
async fn declarations_come_in_pages_of_ten() {
    let reply = Reply::new(
        200,
        r#"{"Parameters":[{"Name":"/cloudinary-guardian/buckets/media","Value":"x"}],"NextToken":"t"}"#,
    );
    let (page, wire) = over([reply], async |aws| aws.list_declarations(Some("s")).await).await;
    let page = page.unwrap();
    assert_eq!(
        page.parameters,
        [Parameter {
            bucket: "media".to_owned(),
            text: "x".to_owned()
        }]
    );
    assert_eq!(page.next.as_deref(), Some("t"));
    let sent = wire.one().json();
    assert_eq!(sent["Path"], "/cloudinary-guardian/buckets");
    assert_eq!(
        (&sent["MaxResults"], &sent["Recursive"], &sent["NextToken"]),
        (&10.into(), &false.into(), &"s".into())
    );
}
