//! `guardian discover`: where Cloudinary is granted already, as declarations to start with.

use std::io::{self, Write};

use futures_util::{StreamExt, stream};
use guardian_core::alert::terraform_expression;
use guardian_core::cloudinary::{MARKER_PREFIX, READ_ACTION, Reading, bucket_arn};
use guardian_core::name::{BucketName, CloudName};
use guardian_core::settings::{Mode, Settings};
use guardian_core::visible::visible;
use guardian_policy::{Access, Decision, PolicyDocument, PolicyKind, Question, evaluate};
use guardian_reconcile::seam::{Account, Buckets, Listing};
use serde_json::{Value, json};

use super::live::Live;
use super::{CommandError, Ended, Format, output};

const AT_ONCE: usize = 8;

/// What was found in one bucket.
struct Found {
    bucket: BucketName,
    clouds: Vec<CloudName>,
    access: Option<Access>,
    /// Object patterns of the statements that name the account, where not every object is granted.
    prefixes: Vec<String>,
}

impl Found {
    fn declaration(&self) -> Value {
        let mut declaration = json!({"clouds": self.clouds});
        if let (Value::Object(fields), false) = (&mut declaration, self.prefixes.is_empty()) {
            fields.insert("prefixes".to_owned(), json!(self.prefixes));
        }
        declaration
    }
}

pub(super) async fn run(format: Format) -> Result<Ended, CommandError> {
    let live = Live::connect(Mode::Observe).await?;
    let (mut buckets, mut next) = (Vec::new(), None);
    loop {
        let page = live.aws.list_buckets(next.as_deref()).await?;
        buckets.extend(page.buckets);
        match page.next {
            Some(token) => next = Some(token),
            None => break,
        }
    }
    let total = buckets.len();
    let live = &live;
    let looks = stream::iter(buckets).map(|bucket| async move { (look(live, &bucket).await, bucket) });
    let looks: Vec<_> = looks.buffered(AT_ONCE).collect().await;
    let mut found = Vec::new();
    for (look, bucket) in looks {
        match look {
            Ok(Some(one)) => found.push(one),
            Ok(None) => {}
            // A bucket that cannot be looked at is said to be so, not passed over.
            Err(error) => writeln!(output::stderr(), "guardian: {bucket} was not looked at: {error}")?,
        }
    }
    let mut out = output::stdout();
    match format {
        Format::Table => table(&mut out, &found, total)?,
        Format::Terraform => terraform(&mut out, &found)?,
        Format::Cloudformation => cloudformation(&mut out, &found)?,
    }
    Ok(Ended::Clean)
}

async fn look(live: &Live, bucket: &BucketName) -> Result<Option<Found>, guardian_core::call::CallError> {
    let text = live.aws.get_bucket_policy(bucket).await?;
    let listing = Listing {
        prefix: MARKER_PREFIX,
        ..Listing::default()
    };
    let markers = live.aws.list_objects(bucket, &listing).await?;
    let clouds: Vec<CloudName> = markers
        .objects
        .iter()
        .filter_map(|object| object.key.strip_prefix(MARKER_PREFIX)?.parse().ok())
        .collect();
    let policy = text.and_then(|text| PolicyDocument::parse(&text).ok());
    let named = policy
        .as_ref()
        .map(|policy| patterns_granted(&live.settings, bucket, policy))
        .unwrap_or_default();
    if clouds.is_empty() && named.is_empty() {
        return Ok(None);
    }
    let access = policy.as_ref().map(|policy| {
        read_of_everything(
            &live.settings,
            live.settings.cloudinary_account.as_str(),
            bucket,
            policy,
        )
        .access()
    });
    let prefixes = if access == Some(Access::Allowed) || named.iter().any(|pattern| pattern == "*") {
        Vec::new()
    } else {
        named
    };
    Ok(Some(Found {
        bucket: bucket.clone(),
        clouds,
        access,
        prefixes,
    }))
}

/// The object patterns of the statements that let Cloudinary read, each taken by itself, without those of the
/// markers.
fn patterns_granted(settings: &Settings, bucket: &BucketName, policy: &PolicyDocument) -> Vec<String> {
    let objects = format!("{}/", bucket_arn(&settings.partition, bucket));
    let mut patterns = Vec::new();
    for statement in policy.statements() {
        let alone = json!({"Version": "2012-10-17", "Statement": [statement.value()]});
        let Ok(alone) = PolicyDocument::from_value(alone) else {
            continue;
        };
        let lets_read = |account: &str| {
            let decision = read_of_everything(settings, account, bucket, &alone);
            decision.access() != Access::Denied || decision.partially_allowed()
        };
        // What everybody may read was not opened for Cloudinary.
        if !lets_read(settings.cloudinary_account.as_str()) || lets_read(ANYBODY) {
            continue;
        }
        let resources = match statement.element("Resource") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let of_bucket = resources.into_iter().filter_map(|resource| match resource {
            "*" => Some("*"),
            other => other.strip_prefix(&objects),
        });
        patterns.extend(
            of_bucket
                .filter(|pattern| !pattern.starts_with(MARKER_PREFIX))
                .map(str::to_owned),
        );
    }
    patterns.sort();
    patterns.dedup();
    patterns
}

/// An account that no policy names.
const ANYBODY: &str = "000000000000";

/// Whether an account may read every object of the bucket by this policy.
fn read_of_everything(
    settings: &Settings,
    account: &str,
    bucket: &BucketName,
    policy: &PolicyDocument,
) -> Decision {
    let everything = [format!("{}/*", bucket_arn(&settings.partition, bucket))];
    let reading = Reading {
        account,
        ..Reading::of(settings, [policy])
    };
    let question = Question {
        account,
        action: READ_ACTION,
        resources: &everything,
        context: &reading.of_object(),
        kind: PolicyKind::Bucket,
    };
    evaluate(Some(policy), &question)
}

fn table(out: &mut impl Write, found: &[Found], total: usize) -> io::Result<()> {
    let width = found
        .iter()
        .map(|one| one.bucket.as_str().len())
        .max()
        .unwrap_or(0)
        .max("BUCKET".len());
    writeln!(
        out,
        "{:<width$}  {:<8}  {:<30}  DECLARATION",
        "BUCKET", "GRANT", "MARKERS"
    )?;
    for one in found {
        let grant = one.access.map_or("none", Access::as_str);
        let clouds: Vec<&str> = one.clouds.iter().map(CloudName::as_str).collect();
        let clouds = if clouds.is_empty() {
            "none".to_owned()
        } else {
            clouds.join(", ")
        };
        let declaration = if one.clouds.is_empty() {
            "add the cloud names".to_owned()
        } else {
            one.declaration().to_string()
        };
        writeln!(
            out,
            "{:<width$}  {grant:<8}  {clouds:<30}  {declaration}",
            one.bucket.as_str()
        )?;
    }
    writeln!(
        out,
        "\n{} of {total} buckets have a Cloudinary grant or marker",
        found.len()
    )
}

fn resource_name(bucket: &BucketName) -> String {
    bucket
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}

/// A comment over a declaration that cannot be complete.
fn remark(one: &Found) -> &'static str {
    if one.clouds.is_empty() {
        "# no marker was found: write the cloud names that may read\n"
    } else {
        ""
    }
}

fn terraform(out: &mut impl Write, found: &[Found]) -> io::Result<()> {
    for one in found {
        let fields = one.declaration();
        write!(out, "{}", remark(one))?;
        writeln!(
            out,
            "resource \"aws_ssm_parameter\" \"cloudinary_guardian_{}\" {{",
            resource_name(&one.bucket)
        )?;
        writeln!(
            out,
            "  name = \"{}{}\"",
            guardian_aws::PARAMETER_PREFIX,
            one.bucket
        )?;
        writeln!(out, "  type = \"String\"")?;
        writeln!(out, "  value = jsonencode({{")?;
        if let Value::Object(fields) = &fields {
            for (name, value) in fields {
                // A prefix comes from somebody's policy: nothing in it may be a template.
                writeln!(out, "    {name} = {}", terraform_expression(value))?;
            }
        }
        writeln!(out, "  }})\n}}\n")?;
    }
    Ok(())
}

/// JSON as a text of a CloudFormation template in YAML. Nothing in it ends the text, and nothing is a dynamic reference
/// (`{{resolve:secretsmanager:…}}`), which CloudFormation would put a secret in the place of.
fn in_yaml(value: &Value) -> String {
    let text = value.to_string().replace("{{", "{\\u007b");
    format!("'{}'", visible(&text).replace('\'', "''"))
}

fn cloudformation(out: &mut impl Write, found: &[Found]) -> io::Result<()> {
    writeln!(out, "Resources:")?;
    for one in found {
        let name: String = one
            .bucket
            .as_str()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        write!(out, "{}", remark(one))?;
        writeln!(out, "  CloudinaryGuardian{name}:")?;
        writeln!(out, "    Type: AWS::SSM::Parameter")?;
        writeln!(out, "    Properties:")?;
        writeln!(
            out,
            "      Name: {}{}",
            guardian_aws::PARAMETER_PREFIX,
            one.bucket
        )?;
        writeln!(out, "      Type: String")?;
        writeln!(out, "      Value: {}", in_yaml(&one.declaration()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody may have written into the resource of a statement for Cloudinary.
    const HOSTILE: [&str; 8] = [
        "${file(\"/etc/passwd\")}/*",
        "%{ if true }x%{ endif }/*",
        "it's/*",
        "' \n  Evil: {Type: AWS::IAM::User}\n#",
        "{{resolve:secretsmanager:prod/db:SecretString:password}}/*",
        "\"}\n})\n}\nresource \"x\" \"y\" {}",
        "a\u{1b}[2J\u{85}\u{202e}\u{2028}b/*",
        "\\${x}\\\"/*",
    ];

    fn found(prefix: &str) -> Vec<Found> {
        vec![Found {
            bucket: "media".parse().unwrap(),
            clouds: vec!["demo".parse().unwrap()],
            access: None,
            prefixes: vec![prefix.to_owned()],
        }]
    }

    fn written(write: impl Fn(&mut Vec<u8>, &[Found]) -> io::Result<()>, prefix: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, &found(prefix)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_hostile_prefix_is_a_text_for_terraform() {
        for prefix in HOSTILE {
            let text = written(terraform, prefix);
            let context = {
                let mut context = hcl::eval::Context::new();
                let encode = |arguments: hcl::eval::FuncArgs| {
                    Ok(hcl::Value::String(serde_json::to_string(&arguments[0]).unwrap()))
                };
                let function = hcl::eval::FuncDef::builder()
                    .param(hcl::eval::ParamType::Any)
                    .build(encode);
                context.declare_func("jsonencode", function);
                context
            };
            let read: Value =
                hcl::eval::from_str(&text, &context).unwrap_or_else(|error| panic!("{error}: {text}"));
            let value = &read["resource"]["aws_ssm_parameter"]["cloudinary_guardian_media"]["value"];
            let declared: Value = serde_json::from_str(value.as_str().unwrap()).unwrap();
            assert_eq!(
                declared,
                json!({"clouds": ["demo"], "prefixes": [prefix]}),
                "{text}"
            );
            assert_eq!(read.as_object().unwrap().len(), 1, "{text}");
        }
    }

    #[test]
    fn a_hostile_prefix_is_a_text_for_cloudformation() {
        for prefix in HOSTILE {
            let text = written(cloudformation, prefix);
            assert_eq!(text.lines().count(), 7, "{text}");
            assert!(!text.contains("{{"), "{text}");
            let value = text
                .lines()
                .last()
                .unwrap()
                .strip_prefix("      Value: '")
                .unwrap();
            let inner = value.strip_suffix('\'').unwrap();
            // In a text between single quotes YAML knows one escape, the quote doubled.
            assert!(!inner.replace("''", "").contains('\''), "{text}");
            let declared: Value = serde_json::from_str(&inner.replace("''", "'")).unwrap();
            assert_eq!(
                declared,
                json!({"clouds": ["demo"], "prefixes": [prefix]}),
                "{text}"
            );
        }
    }
}
