"""template.yaml as CloudFormation sees it: through the SAM translator, then with its parameters put in."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"

PARAMETERS = {
    "Mode": "observe",
    "BucketArns": ["arn:aws:s3:::images-*", "arn:aws:s3:::media"],
    "AllowedClouds": ["demo", "demo-*"],
    "KeyArns": ["arn:aws:kms:eu-west-1:111122223333:key/*"],
    "KeyTag": "",
    "ManageNotifications": "yes",
    "AlertEmail": "on-call@example.com",
    "AlertTopicArn": "",
    "AlertTopicKeyArn": "",
    "Digest": "off",
    "SweepRate": "rate(1 hour)",
    "SweepShare": 25,
    "ParameterStoreRate": 40,
    "WatchObjects": "yes",
    "Census": "full",
    "CensusEveryDays": 30,
    "LogRetentionDays": 30,
    "Architecture": "arm64",
    "CloudinaryAccountId": "232482882421",
    "HeartbeatHours": 2,
    "Tracing": "off",
    "AWS::AccountId": "111122223333",
    "AWS::Region": "eu-west-1",
    "AWS::Partition": "aws",
    "AWS::StackName": "guardian",
    # The stack of the example events.
    "AWS::StackId": (
        "arn:aws:cloudformation:eu-west-1:111122223333:stack/cloudinary-guardian/0dd5e3a8-cdd8-552f-9092-f674bd72dd09"
    ),
}


def resolve(node, template, parameters):
    """The template with its parameters put in. Attributes and resources stay as `<Name.Attribute>`."""

    def value(n):
        return resolve(n, template, parameters)

    if isinstance(node, list):
        return [v for v in map(value, node) if v != {"Ref": "AWS::NoValue"}]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        (key, of), = node.items()
        if key == "Ref":
            return node if of == "AWS::NoValue" else parameters.get(of, f"<{of}>")
        if key == "Condition" and isinstance(of, str):
            return value(template["Conditions"][of])
        if key == "Fn::GetAtt":
            return f"<{of if isinstance(of, str) else '.'.join(of)}>"
        if key == "Fn::If":
            condition, yes, no = of
            return value(yes if value(template["Conditions"][condition]) else no)
        if key == "Fn::Equals":
            return value(of[0]) == value(of[1])
        if key == "Fn::Not":
            return not value(of[0])
        if key == "Fn::Or":
            return any(map(value, of))
        if key == "Fn::And":
            return all(map(value, of))
        if key == "Fn::Join":
            return of[0].join(map(str, value(of[1])))
        if key == "Fn::Split":
            return value(of[1]).split(of[0])
        if key == "Fn::Select":
            return value(of[1])[int(of[0])]
        if key == "Fn::Sub":
            text, names = (of, {}) if isinstance(of, str) else of
            names = {k: value(v) for k, v in names.items()}
            return re.sub(
                r"\$\{([^!}]+)\}", lambda m: str(names.get(m[1], parameters.get(m[1], f"<{m[1]}>"))), text
            )
    out = {k: value(v) for k, v in node.items()}
    return {k: v for k, v in out.items() if v != {"Ref": "AWS::NoValue"}}


def translated():
    """Through the SAM translator: parameters, conditions and intrinsic functions as they are."""
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    class NoManagedPolicies:  # the translator would ask IAM for AWS's managed policies; none is used
        def load(self):
            return {}

    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://somewhere/code.zip"
    # Left to itself the translator puts parameters in as well, but not those in lists.
    return transform(template, {}, NoManagedPolicies())


def expand(parameters):
    """As CloudFormation would see it: through the SAM translator, then with the parameters put in."""
    expanded = translated()
    resources = {
        name: resource
        for name, resource in expanded["Resources"].items()
        if "Condition" not in resource
        or resolve({"Condition": resource["Condition"]}, expanded, parameters)
    }
    return {name: resolve(resource, expanded, parameters) for name, resource in resources.items()}


def of_type(resources, kind):
    return {n: r.get("Properties", {}) for n, r in resources.items() if r["Type"] == kind}
