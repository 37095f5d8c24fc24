"""What watches the guardian: every metric that an alarm or a widget names is one that is really there, with exactly those
dimensions. What the code writes stands in docs/metrics.md, which is made from the code; docs/dashboard.md is made from here.

    GUARDIAN_BLESS=1 tests/template/check    writes docs/dashboard.md anew
"""

import json
import re

from expansion import PARAMETERS, ROOT, TEMPLATE, expand, of_type
from telemetry_page import NAMESPACE, SILENT, compare, page, read_by

METRICS = ROOT / "docs/metrics.md"

# Of AWS's own: which dimension a metric has, and of which kind the resource is that it names.
OF_AWS = {
    "AWS/Lambda": ("FunctionName", "AWS::Lambda::Function", {"Errors", "Throttles", "Duration", "Invocations"}),
    "AWS/SQS": (
        "QueueName", "AWS::SQS::Queue",
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage", "NumberOfMessagesSent"},
    ),
    "AWS/States": (
        "StateMachineArn", "AWS::StepFunctions::StateMachine",
        {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"},
    ),
}
# How a metric is read: see docs/metrics.md.
STATISTICS = {"counted": {"Sum"}, "values": {"Maximum", "p50", "p90", "p99"}}

ALARMS = {
    "RouterErrorsAlarm", "ReconcilerErrorsAlarm", "CensusErrorsAlarm", "DeadLettersAlarm", "WorkTooOldAlarm",
    "NoHeartbeatAlarm", "RepairFailuresAlarm", "ThrottlesAlarm",
}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def written():
    """What the code writes: metric → (names of its dimensions, how it is read); dimension → its values."""
    metrics, values = {}, {}
    codes = re.findall(r"^\| \[`([a-z-]+)`\]", (ROOT / "docs/findings.md").read_text(), re.M)
    for line in METRICS.read_text().splitlines():
        if row := re.match(r"\| `(\w+)` \| (\w+) \| ([^|]+) \| (\w+) \|", line):
            metrics[row[1]] = (set(re.findall(r"`(\w+)`", row[3])), row[4])
        elif row := re.match(r"- `(\w+)`: (.*)", line):
            values[row[1]] = set(re.findall(r"`([\w-]+)`", row[2])) or set(codes)
    return metrics, values


def check_telemetry(expect):
    resources = expand(PARAMETERS | {"Mode": "repair"})
    metrics, values = written()
    expect(metrics and values, "docs/metrics.md holds no metrics")
    named = 0

    def check(where, namespace, name, dimensions, statistic):
        """That there is such a metric, and that it is read as it has to be."""
        nonlocal named
        named += 1
        if namespace == NAMESPACE:
            expect(name in metrics, f"{where}: the code writes no metric {name}")
            names, kind = metrics.get(name, (set(), ""))
            expect(set(dimensions) == names, f"{where}: {name} has the dimensions {names}, not {set(dimensions)}")
            stack = dimensions.get("Stack")
            expect(stack == PARAMETERS["AWS::StackName"], f"{where}: {name} is of the stack {stack!r}")
            for dimension, value in dimensions.items():
                if dimension != "Stack":
                    expect(value in values[dimension], f"{where}: {name} has no {dimension} {value!r}")
            expect(statistic in STATISTICS.get(kind, set()), f"{where}: {name} is {kind}, and read by {statistic}")
            return
        if namespace not in OF_AWS:
            expect(False, f"{where}: nothing is known here of {namespace}")
            return
        dimension, kind, known = OF_AWS[namespace]
        expect(name in known, f"{where}: {namespace} has no {name} that is known here")
        expect(set(dimensions) == {dimension}, f"{where}: {name} has the dimension {dimension}, not {set(dimensions)}")
        logical = str(dimensions.get(dimension)).strip("<>").split(".")[0]
        expect(logical in of_type(resources, kind), f"{where}: {logical} is no {kind} of this stack")

    check_alarms(expect, resources, check)
    widgets = check_dashboard(expect, resources, check, metrics)
    expect(named > 40, f"only {named} metrics are named, which cannot be all")
    check_topic(expect, resources)
    check_tracing(expect)
    compare(expect, page(resources, widgets))


def check_alarms(expect, resources, check):
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    expect(ALARMS <= set(alarms), f"there is no {ALARMS - set(alarms)}")
    for name, alarm in alarms.items():
        for namespace, metric, dimensions, statistic, _ in read_by(alarm):
            check(name, namespace, metric, dimensions, statistic)
        expressions = [m["Expression"] for m in alarm.get("Metrics", []) if "Expression" in m]
        ids = {m["Id"] for m in alarm.get("Metrics", []) if "MetricStat" in m}
        for expression in expressions:
            # What is missing of a sum makes it missing: a queue at rest reports nothing.
            filled = set(re.findall(r"FILL\((\w+), 0\)", expression))
            expect(filled == ids, f"{name}: {expression} is not of {ids}, each filled")
        expect(len(expressions) <= 1, f"{name}: several results")
        missing = "breaching" if name in SILENT else "notBreaching"
        expect(alarm.get("TreatMissingData") == missing, f"{name}: takes missing data for {alarm.get('TreatMissingData')}")
        expect(alarm.get("AlarmActions") == ["<AlertTopic>"], f"{name}: tells {alarm.get('AlarmActions')}")
        expect(alarm.get("OKActions") in (None, ["<AlertTopic>"]), f"{name}: tells {alarm.get('OKActions')}")
        text = alarm.get("AlarmDescription", "")
        expect(f"See docs/operations.md, {name}." in text, f"{name}: its description leads nowhere")
        expect(len(text) <= 1024, f"{name}: a description of {len(text)} characters")
        # PutMetricAlarm, "Period": seven days in all, and one where the period is less than an hour.
        period = min(seconds for *_, seconds in read_by(alarm))
        limit = 604800 if period >= 3600 else 86400
        expect(period * int(alarm["EvaluationPeriods"]) <= limit, f"{name}: looks back for longer than CloudWatch does")

    without = of_type(expand(PARAMETERS | {"Census": "off"}), "AWS::CloudWatch::Alarm")
    expect(set(alarms) - set(without) == {"CensusErrorsAlarm"}, f"without walks there are {set(without)}")
    # The longest that may be asked for, and that the default is two of the default's sweeps.
    from samtranslator.yaml_helper import yaml_parse

    parameters = yaml_parse(TEMPLATE.read_text())["Parameters"]
    hours = parameters["HeartbeatHours"]
    expect(hours["MaxValue"] * 3600 == 604800 and hours["MinValue"] == 1, f"HeartbeatHours: {hours}")
    expect(
        parameters["SweepRate"]["Default"] == "rate(1 hour)" and hours["Default"] == 2,
        "HeartbeatHours is not two of SweepRate's periods",
    )
    heartbeat = of_type(expand(PARAMETERS | {"HeartbeatHours": 48}), "AWS::CloudWatch::Alarm")["NoHeartbeatAlarm"]
    expect((heartbeat["EvaluationPeriods"], heartbeat["Period"]) == (48, 3600), "NoHeartbeatAlarm: not HeartbeatHours")


def check_dashboard(expect, resources, check, metrics):
    dashboard, = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"])["widgets"]
    taken = set()
    for widget in widgets:
        properties = widget["properties"]
        title = properties.get("title", widget["type"])
        place = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        expect(not place & taken, f"dashboard: {title!r} lies over another widget")
        expect(widget["x"] + widget["width"] <= 24, f"dashboard: {title!r} is wider than the grid")
        taken |= place
        if widget["type"] == "alarm":
            shown = {arn.strip("<>").split(".")[0] for arn in properties["alarms"]}
            alarms = set(of_type(resources, "AWS::CloudWatch::Alarm"))
            expect(shown == alarms, f"dashboard: shows the alarms {shown}, and there are {alarms}")
            continue
        if widget["type"] == "text":
            continue
        expect(properties["region"] == PARAMETERS["AWS::Region"], f"dashboard: {title!r} is of another Region")
        for metric in properties["metrics"]:
            options = metric[-1] if isinstance(metric[-1], dict) else {}
            if "expression" in options:
                check_expression(expect, title, options["expression"], properties["metrics"], metrics)
                continue
            parts = [part for part in metric if not isinstance(part, dict)]
            namespace, name, *rest = parts
            dimensions = dict(zip(rest[::2], rest[1::2]))
            check(f"dashboard, {title!r}", namespace, name, dimensions, options.get("stat", properties["stat"]))
    # What the dashboard is for, and nothing that the code writes left out.
    named = json.dumps(widgets)
    unseen = {name for name in metrics if f'"{name}"' not in named and f'\\"{name}\\"' not in named}
    expect(not unseen, f"dashboard: does not show {unseen}")

    plain = of_type(expand(PARAMETERS | {"Census": "off", "WatchObjects": "no"}), "AWS::CloudWatch::Dashboard")
    body, = plain.values()
    expect("Census" not in json.loads(body["DashboardBody"]).__repr__(), "dashboard: without walks it shows them")
    return widgets


def check_expression(expect, title, expression, metrics, known):
    if search := re.fullmatch(r"""SEARCH\('\{([\w,]+)\} Stack="(\w+)" MetricName="(\w+)"', '(\w+)', \d+\)""", expression):
        schema, stack, name, statistic = search.groups()
        namespace, *dimensions = schema.split(",")
        names, kind = known.get(name, (set(), ""))
        expect(namespace == NAMESPACE and name in known, f"dashboard, {title!r}: searches {namespace} for {name}")
        expect(set(dimensions) == names, f"dashboard, {title!r}: {name} has the dimensions {names}, not {dimensions}")
        expect(stack == PARAMETERS["AWS::StackName"], f"dashboard, {title!r}: searches the stack {stack}")
        expect(statistic in STATISTICS.get(kind, set()), f"dashboard, {title!r}: {name} is {kind}, read by {statistic}")
        return
    ids = {m[-1]["id"] for m in metrics if isinstance(m[-1], dict) and "id" in m[-1] and "expression" not in m[-1]}
    used = set(re.findall(r"[a-z]\w*", expression))
    expect(used and used <= ids, f"dashboard, {title!r}: {expression} is of {used}, and there is {ids}")


def check_topic(expect, resources):
    lets = {}
    for policy in of_type(resources, "AWS::SNS::TopicPolicy").values():
        for s in policy["PolicyDocument"]["Statement"]:
            lets[s["Principal"].get("Service")] = s
    s = lets.get("cloudwatch.amazonaws.com")
    expect(s is not None, "the topic lets no alarm in")
    condition = (s or {}).get("Condition", {})
    account = condition.get("StringEquals", {}).get("aws:SourceAccount")
    expect(account == PARAMETERS["AWS::AccountId"], f"the topic lets the alarms of {account} in")
    expect((s or {}).get("Action") == "sns:Publish" and (s or {}).get("Resource") == "<AlertTopic>", f"topic: {s}")


def check_tracing(expect):
    """Traces only where they are asked for, and no other right with them."""
    def rights(resources):
        return {
            (name, action)
            for name, role in of_type(resources, "AWS::IAM::Role").items()
            for policy in role.get("Policies", [])
            for s in policy["PolicyDocument"]["Statement"]
            for action in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])
        }

    off, on = (expand(PARAMETERS | {"Tracing": value}) for value in ("off", "on"))
    for resources, mode in ((off, "PassThrough"), (on, "Active")):
        for name, function in of_type(resources, "AWS::Lambda::Function").items():
            expect(function["TracingConfig"] == {"Mode": mode}, f"{name}: traces {function['TracingConfig']}")
            expect(function["Environment"]["Variables"]["GUARDIAN_STACK"] == "guardian", f"{name}: its metrics have no stack")
    roles = {f["Role"].strip("<>").split(".")[0] for f in of_type(on, "AWS::Lambda::Function").values()}
    added = rights(on) - rights(off)
    expect(added == {(role, a) for role in roles for a in TRACES}, f"Tracing=on adds {added}")
