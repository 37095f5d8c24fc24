use super::*;
use serde_json::json;

fn tool(agent: &str) -> Option<String> {
    of_record(&json!({"userAgent": agent}))
}

#[test]
fn a_tool_is_known_by_its_user_agent() {
    for (agent, name) in [
        (
            "[APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) aws-sdk-go/1.44]",
            "Terraform",
        ),
        (
            "APN/1.0 Pulumi/1.0 PulumiAWS/7.1 terraform-provider-aws/6.0 aws-sdk-go-v2/1.41",
            "Pulumi",
        ),
        ("APN/1.0 OpenTofu/1.11.0 terraform-provider-aws/6.0", "OpenTofu"),
        (
            "[CloudCustodian(s3-check)/0.9.48 Python/3.13 Botocore/1.43]",
            "Cloud Custodian",
        ),
        (
            "[aws-cli/2.2.14 Python/3.9.5 Darwin/20.4.0 botocore/2.0]",
            "AWS CLI",
        ),
        (
            "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.590 Linux/4.9]",
            "console",
        ),
        ("[Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36]", "console"),
        ("signin.amazonaws.com", "console"),
        ("console.amazonaws.com", "console"),
        ("console.ec2.amazonaws.com", "console"),
        ("cloudformation.amazonaws.com", "CloudFormation"),
        ("[cloudformation.amazonaws.com]", "CloudFormation"),
        ("config.amazonaws.com", "AWS Config"),
        ("appconfig.amazonaws.com", "appconfig.amazonaws.com"),
        ("ssm.amazonaws.com", "SSM Automation"),
        ("Boto3/1.43.11 md/Botocore#1.43.11", "boto3"),
        ("aws-sdk-go-v2/1.41.1 ua/2.1 os/linux", "AWS SDK for Go"),
        ("aws-sdk-rust/1.3.12 ua/2.1 api/s3/1.157.0", "AWS SDK for Rust"),
        (
            "aws-sdk-rust/1.3.12 ua/2.1 api/s3/1.157.0 app/cloudinary-guardian",
            "cloudinary-guardian",
        ),
        ("AWS Internal", "AWS Internal"),
        ("rclone/v1.71.0", "rclone"),
    ] {
        assert_eq!(tool(agent).as_deref(), Some(name), "{agent}");
    }
}

#[test]
fn an_empty_user_agent_names_no_tool() {
    for agent in ["", "[]", " [ ] ", "/1.0"] {
        assert_eq!(tool(agent), None, "{agent:?}");
    }
    assert_eq!(of_record(&json!({"userAgent": ["aws-cli/2"]})), None);
}

#[test]
fn an_agent_in_no_table_is_named_by_its_first_product_and_no_more() {
    assert_eq!(tool(&"x".repeat(500)).map(|name| name.len()), Some(LONGEST));
    assert_eq!(tool("[mc (linux; amd64) minio-go/v7]").as_deref(), Some("mc"));
}

#[test]
fn a_console_session_is_the_console_unless_a_tool_names_itself() {
    let from_console = |agent: &str| {
        of_record(&json!({"userAgent": agent, "sessionCredentialFromConsole": "true"})).unwrap()
    };
    assert_eq!(from_console("AWS Internal"), "console");
    assert_eq!(
        from_console("aws-cli/2.13.5 exec-env/CloudShell"),
        "AWS CLI",
        "CloudShell"
    );
}

#[test]
fn a_call_made_through_a_service_is_that_services() {
    let record =
        json!({"userAgent": "AWS Internal", "userIdentity": {"invokedBy": "cloudformation.amazonaws.com"}});
    assert_eq!(of_record(&record).as_deref(), Some("CloudFormation"));
    let record = json!({"userIdentity": {"invokedBy": "signin.amazonaws.com"}});
    assert_eq!(of_record(&record).as_deref(), Some("console"));
}
