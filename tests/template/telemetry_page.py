"""docs/dashboard.md: the dashboard and the alarms of template.yaml, for reading."""

import os
import textwrap

from expansion import PARAMETERS, ROOT, of_type

DASHBOARD = ROOT / "docs/dashboard.md"
NAMESPACE = "CloudinaryGuardian"
# The alarm whose silence is what it tells of.
SILENT = {"NoHeartbeatAlarm"}


def read_by(alarm):
    """(namespace, metric, dimensions, statistic, period) of each metric of an alarm."""
    def of(metric, statistic, period):
        dimensions = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        return metric["Namespace"], metric["MetricName"], dimensions, statistic, int(period)

    if "MetricName" in alarm:
        return [of(alarm, alarm.get("Statistic", alarm.get("ExtendedStatistic")), alarm["Period"])]
    stats = [m["MetricStat"] for m in alarm["Metrics"] if "MetricStat" in m]
    return [of(s["Metric"], s["Stat"], s["Period"]) for s in stats]


def page(resources, widgets):
    """The page."""
    lines = [
        "# Dashboard and alarms", "",
        "<!-- Made from template.yaml. Do not edit: GUARDIAN_BLESS=1 tests/template/check -->", "",
        "The dashboard has the stack's name; the stack's output `DashboardUrl` leads to it. It answers from above: is everything",
        "readable, what is open, how fast is it healed; then whether the guardian itself is well. [metrics.md](metrics.md) says what",
        "each of its numbers is.", "", "```text",
    ]
    lines += picture(widgets) + ["```", "", "| widget | shows | of | statistic, period |", "|---|---|---|---|"]
    for widget in widgets:
        properties = widget["properties"]
        if widget["type"] == "text":
            lines.append("| (text) | the next commands | | |")
            continue
        if widget["type"] == "alarm":
            lines.append(f"| {properties['title']} | the state of each alarm | | |")
            continue
        shown, of, statistics = [], [], set()
        for metric in properties["metrics"]:
            options = metric[-1] if isinstance(metric[-1], dict) else {}
            if not options.get("visible", True):
                continue
            if "expression" in options:
                label = options["label"]
                shown.append("each code" if "PROP" in label else label)
                of.append("`Findings` by `Code`" if "SEARCH" in options["expression"] else f"`{options['expression']}`")
                statistics.add("Sum")
                continue
            parts = [part for part in metric if not isinstance(part, dict)]
            shown.append(options.get("label", parts[1]))
            by = f" by `{parts[4]}`" if len(parts) > 4 else ""
            prefix = "" if parts[0] == NAMESPACE else f"{parts[0]} "
            of.append(f"{prefix}`{parts[1]}`{by}")
            statistics.add(options.get("stat", properties["stat"]))
        cells = [properties["title"], ", ".join(shown), ", ".join(dict.fromkeys(of))]
        lines.append("| " + " | ".join(cells) + f" | {', '.join(sorted(statistics))}, {span(properties['period'])} |")
    lines += [
        "", "## Alarms", "",
        "They publish to the stack's topic. An alarm costs US$ 0.10 a month for each metric in it, the dashboard US$ 3 beyond the",
        "first three of an account.", "", "| alarm | tells | when |", "|---|---|---|",
    ]
    count = 0
    for name, alarm in of_type(resources, "AWS::CloudWatch::Alarm").items():
        read = read_by(alarm)
        count += len(read)
        text = " ".join(alarm["AlarmDescription"].split()).removesuffix(f" See docs/operations.md, {name}.")
        text = text.replace(f"{PARAMETERS['HeartbeatHours']} hours", "`HeartbeatHours` hours")
        sign = {"GreaterThanOrEqualToThreshold": "≥", "GreaterThanThreshold": ">", "LessThanThreshold": "<"}
        periods = "`HeartbeatHours`" if name in SILENT else alarm["EvaluationPeriods"]
        often = f"{alarm['DatapointsToAlarm']} of {periods}" if "DatapointsToAlarm" in alarm else f"{periods}"
        what = " + ".join(dict.fromkeys(f"`{metric}`" for _, metric, *_ in read))
        if any("MAX(" in m.get("Expression", "") for m in alarm.get("Metrics", [])):
            what = f"the largest {what}"
        when = f"{what} {sign[alarm['ComparisonOperator']]} {alarm['Threshold']} in {often} × {span(read[0][4])}"
        lines.append(f"| `{name}` | {text} | {when}{', and again when it is over' if 'OKActions' in alarm else ''} |")
    cents = count * 10
    lines += ["", f"That is {count} metrics in all, US$ {cents // 100}.{cents % 100:02} a month with `Census=full`.", ""]
    return "\n".join(lines)


def span(seconds):
    return {300: "5 min", 3600: "1 h"}.get(int(seconds), f"{seconds} s")


def picture(widgets):
    """The dashboard's grid, four characters to a column and one line to two rows."""
    width = 24 * 4 + 1
    height = max(w["y"] + w["height"] for w in widgets) + 1
    grid = [[" "] * width for _ in range(height)]
    for w in widgets:
        left, right = w["x"] * 4, (w["x"] + w["width"]) * 4
        top, bottom = w["y"], w["y"] + w["height"]
        for x in range(left, right + 1):
            grid[top][x] = grid[bottom][x] = "-"
        for y in range(top, bottom + 1):
            for x in (left, right):
                grid[y][x] = "+" if y in (top, bottom) or grid[y][x] == "+" else "|"
    for w in widgets:
        left, room = w["x"] * 4 + 2, w["width"] * 4 - 3
        properties = w["properties"]
        title = properties.get("title") or "Which bucket, and why? What happened? An alarm is red?"
        texts = textwrap.wrap(title, room)
        labels = [m[-1].get("label", "") for m in properties.get("metrics", []) if isinstance(m[-1], dict)]
        labels = ["each code" if "PROP" in label else label for label in labels if label]
        if w["type"] == "alarm":
            labels = ["one square each"]
        texts += textwrap.wrap("· ".join(f"{label} " for label in labels).strip(), room) if labels else []
        for row, text in enumerate(texts[: w["height"] - 1]):
            for column, letter in enumerate(text):
                grid[w["y"] + 1 + row][left + column] = letter
    return ["".join(row).rstrip() for row in grid]


def compare(expect, text):
    if os.environ.get("GUARDIAN_BLESS"):
        DASHBOARD.write_text(text)
        return
    there = DASHBOARD.read_text() if DASHBOARD.exists() else ""
    expect(there == text, "docs/dashboard.md is stale; write it anew with GUARDIAN_BLESS=1 tests/template/check")
