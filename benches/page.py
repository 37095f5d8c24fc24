"""The tables of a result, and docs/performance.md."""

from machine import ROOT

PLACE = "<!-- measured -->"


def ms(value):
    if value is None:
        return "–"
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"


def mb(kilobytes):
    return "–" if kilobytes is None else f"{kilobytes / 1024:.1f} MB"


def times(value, ours):
    return "–" if value is None else f"{value / ours:.1f}×"


def whole_number(value):
    return "–" if value is None else f"{value:,.0f}"


def table(head, rows):
    rule = [":--" if at == 0 else "--:" for at in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def starts(result):
    rows = [
        [
            name, ms(run["init_ms"]), ms(run["first_ms"]), ms(run["total_ms"]), ms(run["cpu_ms"]), mb(run["rss_kb"]),
            whole_number(run["calls"]), whole_number(run["handshakes"]), str(run["runs"]),
        ]
        for name, run in result["cold"].items()
    ]
    head = ["start of", "first `/next`", "first event", "sum", "processor", "memory", "calls", "handshakes", "runs"]
    return table(head, rows)


def handshakes(result):
    rows = [
        [*name.split(", "), ms(run["ms"]), ms(run["cpu_ms"]), f"{run['binary'] / 1e6:.2f} MB", str(run["runs"])]
        for name, run in result["handshakes"].items()
    ]
    return table(["cryptography", "handshakes", "whole process", "processor", "binary", "runs"], rows)


def warm(result):
    rows = []
    for name, run in result["warm"].items():
        reached, limit = run.get("repair_ms") or run["proof_ms"], run.get("repair_limit_ms") or run["limit_ms"]
        rows.append([
            name, f"{run.get('repair_trips') or run['trips']} × 20 ms", ms(reached), f"{reached / limit:.2f}",
            f"{ms(run['proof_ms'])} ({run['trips']})", ms(run["whole_ms"]), whole_number(run["calls"]),
            whole_number(run["writes"]), whole_number(run["repairs"]),
            f"{ms(run['python_ms'])} ({run['python']['calls']} calls)",
        ])
    head = ["broken", "round trips up to the repair", "event to repair", "of the limit", "to the proof (trips)",
            "whole invocation", "calls", "writes", "of those to bucket or key", "Python handler, whole invocation"]
    return table(head, rows)


def peers(runs_by_count):
    rows = []
    for count, runs in runs_by_count.items():
        ours = runs["reconciler"]
        for name, run in runs.items():
            rows.append([
                count, name, ms(run["ms"]), times(run["ms"], ours["ms"]), ms(run["cpu_ms"]), mb(run["rss_kb"]),
                times(run["rss_kb"], ours["rss_kb"]), whole_number(run.get("calls")), whole_number(run.get("repairs")),
                str(run["runs"]),
            ])
    head = ["buckets", "program", "time", "of ours", "processor", "memory", "of ours", "calls", "repairs", "runs"]
    return table(head, rows)


def sizes(result):
    rows = [[name, f"{size['binary'] / 1e6:.2f} MB", f"{size['zip'] / 1e6:.2f} MB"] for name, size in result["sizes"].items()]
    return table(["function", "binary", "zip"], rows)


def verdicts(result):
    rows = [[name, f"{count:,}"] for name, count in result["instructions"]["instructions"].items()]
    return table(["verdict", "instructions"], rows)


def machine(result):
    facts = result["machine"]
    roots = f"{facts['roots']} roots in the system's bundle; " if facts.get("roots") else "HTTPS was not measured; "
    return (
        f"Measured on {facts['date']} at commit {facts['commit']}: {facts['processors']} × {facts['processor']}, "
        f"{facts['memory']}, {facts['system']}; {facts['rustc']}, Python {facts['python']}; {roots}"
        f"load {facts['load']} when it began. Medians."
        + (" **A quick run, of functions built without fat LTO: the order of things, no figure to go by.**" if result["quick"] else "")
    )


def goals(result):
    """What was aimed at, and what came out."""
    cold, warm_cases = result["cold"], result["warm"].values()
    rows = []

    def row(name, goal, value, is_met):
        rows.append([name, goal, value, "met" if is_met else "**missed**"])

    def times_faster(name, runs, goal, than="Cloud Custodian", field="ms"):
        if runs and than in runs:
            ratio = runs[than][field] / runs["reconciler"][field]
            row(name, f"{goal} × at least", f"{ratio:.1f} ×", ratio >= goal)

    if "reconciler, HTTPS, verdict" in cold:
        took = cold["reconciler, HTTPS, verdict"]["total_ms"]
        row("start of the process to the first verdict, over HTTPS", "15 ms at most", ms(took), took <= 15)
    one, moto = result["repairs"].get("1"), result["moto"].get("1")
    times_faster("repair of one bucket from a cold start, beside Cloud Custodian: time", one, 25)
    times_faster("the same on moto: time", moto, 25)
    times_faster("the same: memory", one, 8, field="rss_kb")
    for count in ("100", "1000"):
        times_faster(f"{count} buckets beside Cloud Custodian: time", result["repairs"].get(count), 10)
    times_faster("100 buckets on moto: time", result["moto"].get("100"), 10)
    worst = max((case.get("repair_ms") or case["proof_ms"]) / (case.get("repair_limit_ms") or case["limit_ms"]) for case in warm_cases)
    row("warm, event to repair, of what the round trips take", "1.10 at most", f"{worst:.2f} in the worst case", worst <= 1.1)
    return table(["goal", "", "measured", ""], rows)


def tables(result):
    return "\n\n".join([
        machine(result),
        "### Goals", goals(result),
        "### Start", starts(result),
        "### ring against aws-lc: a process that only shakes hands", handshakes(result),
        "### Warm repair, each call of AWS taking 20 ms", warm(result),
        "### Beside the peers, on a world that answers at once", peers(result["repairs"]),
        "### Beside the peers, on moto", peers(result["moto"]),
        "### Sizes", sizes(result),
        "### Instructions of a verdict", f"With {result['instructions']['toolchain']}.", verdicts(result),
    ])


def whole(result):
    """The page as it is, with the tables in their place."""
    text = (ROOT / "docs" / "performance.md").read_text()
    before = text.split(PLACE)[0]
    return f"{before}{PLACE}\n\n{tables(result)}\n"
