"""What ministack's CloudFormation lacks of AWS's and template.yaml asks for:

- In `Conditions` the functions `Join`, `Split`, `Sub`, and `Select` over them. They are worked out here, before ministack
  compares.
- Alarms on metric math, and resources that only watch: they are written down, and nothing comes of them.
"""

import re
import sys

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import engine, provisioners


def worked_out(node, values):
    if isinstance(node, list):
        return [worked_out(n, values) for n in node]
    if not isinstance(node, dict) or len(node) != 1:
        return node
    (function, given), = node.items()
    if function == "Ref" and given in values:
        return values[given]
    given = worked_out(given, values)
    if function == "Fn::Join":
        between, parts = given
        # A list parameter is one text here.
        return between.join(parts.split(",") if isinstance(parts, str) else parts)
    if function == "Fn::Split":
        return given[1].split(given[0])
    if function == "Fn::Sub" and isinstance(given, str):
        return re.sub(r"\$\{([^}]+)\}", lambda m: str(values[m[1]]), given)
    if function == "Fn::Select" and isinstance(given[1], list):
        return engine._select(int(given[0]), given[1])
    return {function: given}


def evaluate(template, params):
    values = {"AWS::Region": get_region(), "AWS::AccountId": get_account_id()}
    values |= {name: param["Value"] for name, param in params.items()}
    conditions = {name: worked_out(c, values) for name, c in template.get("Conditions", {}).items()}
    return evaluate_the_rest(template | {"Conditions": conditions}, params)


evaluate_the_rest = engine._evaluate_conditions
for name, module in list(sys.modules.items()):
    if name.startswith("ministack.services.cloudformation") and hasattr(module, "_evaluate_conditions"):
        module._evaluate_conditions = evaluate


def write_down(logical_id, props, stack_name):
    name = f"{stack_name}-{logical_id}"
    return name, {"Arn": f"arn:aws:written-down:::{name}"}


WRITTEN_DOWN = {"create": write_down, "delete": lambda physical_id, props: None}

# Only where ministack has nothing of its own.
for kind in (
    "AWS::CloudTrail::Trail", "AWS::CloudWatch::AnomalyDetector", "AWS::CloudWatch::CompositeAlarm",
    "AWS::Events::Archive", "AWS::Events::EventBusPolicy", "AWS::Logs::QueryDefinition", "AWS::SNS::TopicInlinePolicy",
):
    provisioners._RESOURCE_HANDLERS.setdefault(kind, WRITTEN_DOWN)

alarm = dict(provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"])


def create_alarm(logical_id, props, stack_name):
    create = write_down if "Metrics" in props else alarm["create"]
    return create(logical_id, props, stack_name)


def delete_alarm(physical_id, props):
    if "Metrics" not in props:
        alarm["delete"](physical_id, props)


provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"] = alarm | {"create": create_alarm, "delete": delete_alarm}
