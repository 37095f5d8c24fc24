"""Starts: from the process's start to the first `/next` and to the first verdict, over HTTP and over HTTPS; then the warm
repair with every call of AWS taking 20 ms.

Run by benches/run with its orders on standard input, where possible in a network and a mount namespace of its own: there the
services' real host names lead to loopback, port 443, and nothing else leads anywhere.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from machine import ACCOUNT, KEY, REGION, Measure, change, counted, environment, median, of_function, records, work
from repairs import medians, run

SERVICES = ("dynamodb", "ssm", "s3", "kms", "sqs", "sns", "cloudtrail", "sts")
BUCKET = "media-0"
DELAY = 20


def bring_up_loopback():
    with socket.socket() as s:
        name = b"lo".ljust(16, b"\0")
        # SIOCSIFFLAGS with IFF_UP | IFF_RUNNING.
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", name, 0x41))


def name_hosts(folder):
    hosts = [f"{service}.{REGION}.amazonaws.com" for service in SERVICES] + [f"{BUCKET}.s3.{REGION}.amazonaws.com"]
    file = folder / "hosts"
    file.write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {host}\n" for host in hosts))
    subprocess.run(["mount", "--bind", str(file), "/etc/hosts"], check=True)


def settle(measure, orders, under_key):
    """A world that the guardian has looked at before, with nothing left to write."""
    measure.do("world", buckets=1, under_key=under_key)
    resources = [f"bucket:{BUCKET}"] + ([f"key:{KEY}"] if under_key else [])
    for resource in [*resources, *resources]:
        events = [work(measure, resource)]
        measure.do("function", argv=[orders["reconciler"]], env=of_function(measure.endpoint), events=events)
    measure.do("remember")


def variants(orders, measure):
    """Name, program, environment, event, what is broken before, the share of a processor."""
    http = of_function(measure.endpoint)
    reconciler, router, hello = [orders["reconciler"]], [orders["router"]], [orders["hello"]]
    python = [orders["python"], orders["handler"]]
    bucket = lambda: work(measure, f"bucket:{BUCKET}")
    plain = lambda: change(measure, BUCKET)
    yield "hello", hello, environment(), plain, [], {}
    yield "reconciler, HTTP, verdict", reconciler, http, bucket, [], {}
    yield "reconciler, HTTP, repair", reconciler, http, bucket, ["grant"], {}
    yield "router, HTTP", router, http, lambda: records([change(measure, BUCKET)]), [], {}
    yield "Python, HTTP, verdict", python, environment(measure.endpoint), plain, [], {}
    yield "Python, HTTP, repair", python, environment(measure.endpoint), plain, ["grant"], {}
    if not orders["tls"]:
        return
    tls = Path(orders["tls"])
    roots = {"SSL_CERT_FILE": str(tls / "all.pem"), "AWS_CA_BUNDLE": str(tls / "all.pem")}
    # Ours in the place of one of the five that are built in: as many to parse, and a file to read besides.
    https = of_function() | {"SSL_CERT_FILE": str(tls / "five.pem")}
    yield "reconciler, HTTPS, verdict", reconciler, https, bucket, [], {}
    yield "reconciler, HTTPS, verdict, nothing built ahead", [orders["unprepared"]], https, bucket, [], {}
    yield "reconciler, HTTPS, verdict, the system's roots", reconciler, of_function() | roots, bucket, [], {}
    yield "reconciler, HTTPS, repair", reconciler, https, bucket, ["grant"], {}
    yield "router, HTTPS", router, https, lambda: records([change(measure, BUCKET)]), [], {}
    yield "Python, HTTPS, verdict", python, environment() | roots, plain, [], {}
    yield "Python, HTTPS, repair", python, environment() | roots, plain, ["grant"], {}
    for share, group in orders["cgroups"].items():
        for when, order in (("", {"cgroup": group}), (" from the first event on", {"cgroup": group, "after_start": True})):
            after = f", {share} of a processor{when}"
            yield f"reconciler, HTTPS, verdict{after}", reconciler, https, bucket, [], order
            yield f"reconciler, HTTPS, verdict, nothing built ahead{after}", [orders["unprepared"]], https, bucket, [], order
            yield f"reconciler, HTTPS, repair{after}", reconciler, https, bucket, ["grant"], order
            yield f"Python, HTTPS, repair{after}", python, environment() | roots, plain, ["grant"], order


def cold(orders, measure):
    settle(measure, orders, under_key=False)
    seen = {}
    for turn in range(orders["rounds"]):
        for name, argv, env, event, broken, share in variants(orders, measure):
            slow = name.startswith("Python") or share
            if slow and turn >= orders["slow_rounds"]:
                continue
            events = [event() | {"break": broken}]
            ran = measure.do("function", argv=argv, env=env, events=events, **share)
            if broken and measure.do("healthy") != 1:
                raise RuntimeError(f"{name}: not repaired")
            first = ran["invocations"][0]
            seen.setdefault(name, []).append({
                "init_ms": ran["init_ms"], "first_ms": first["ms"], "total_ms": ran["total_ms"], "cpu_ms": ran["cpu_ms"],
                "init_cpu_ms": ran["init_cpu_ms"], "rss_kb": ran["rss_kb"],
                "handshakes": first["calls"]["handshakes"] + ran["calls_in_init"]["handshakes"], **counted(first["calls"]),
            })
    return {
        name: {"runs": len(runs)} | {field: median(run[field] for run in runs) for field in runs[0]}
        for name, runs in seen.items()
    }


def handshakes(orders):
    """A process that shakes hands with each host name of a look and does nothing else, by either sort of cryptography."""
    if not orders["tls"]:
        return {}
    hosts = [f"{service}.{REGION}.amazonaws.com" for service in ("dynamodb", "ssm", "sqs")] + [f"{BUCKET}.s3.{REGION}.amazonaws.com"]
    result = {}
    for turn in range(orders["rounds"]):
        for name in ("ring", "aws-lc"):
            for count in (1, len(hosts)):
                argv = [orders[f"handshakes-{name}"], "443", str(Path(orders["tls"]) / "five.pem"), *hosts[:count]]
                result.setdefault(f"{name}, {count}", []).append(run(argv, environment()))
    sizes = {name: Path(orders[f"handshakes-{name}"]).stat().st_size for name in ("ring", "aws-lc")}
    return {name: medians(runs) | {"binary": sizes[name.split(",")[0]]} for name, runs in result.items()}


# What is broken, in a bucket under a key or not, whose reconcile repairs it, the call that repairs, the call that proves it,
# and how many round trips lie one after the other up to the answers to both: counted by hand from the graph in
# docs/performance.md.
CASES = [
    ("nothing", False, f"bucket:{BUCKET}", [], None, None, 0, 2),
    ("nothing, under a key", True, f"bucket:{BUCKET}", [], None, None, 0, 2),
    ("grant", False, f"bucket:{BUCKET}", ["grant"], "PutBucketPolicy", "GetBucketPolicy", 5, 6),
    ("marker", False, f"bucket:{BUCKET}", ["marker"], "PutObject", "PutObject", 4, 4),
    ("grant and marker, under a key", True, f"bucket:{BUCKET}", ["grant", "marker"], "PutBucketPolicy", "GetBucketPolicy", 5, 6),
    ("grant in the key", True, f"key:{KEY}", ["key"], "PutKeyPolicy", "GetKeyPolicy", 5, 6),
]


def warm(orders, measure):
    """One process, its connections open; each call of AWS takes 20 ms. Python beside it with the same world."""
    result = {}
    for name, under_key, resource, broken, repairs, proves, to_repair, to_proof in CASES:
        settle(measure, orders, under_key)
        measure.do("delay", ms=DELAY)
        rounds = orders["warm_rounds"]
        ours = [work(measure, resource) | {"break": broken} for _ in range(rounds + 1)]
        ran = measure.do("function", argv=[orders["reconciler"]], env=of_function(measure.endpoint), events=ours)
        events = [change(measure, BUCKET) | {"break": broken} for _ in range(3)]
        python = measure.do(
            "function", argv=[orders["python"], orders["handler"]], env=environment(measure.endpoint), events=events,
        )
        measure.do("delay", ms=0)
        invocations = ran["invocations"][1:]

        def answered(invocation, call):
            """When the last such call was answered; the last read of the look where nothing is to be repaired."""
            calls = invocation["calls"]["calls"]
            if call is None:
                reads = [end for operation, _, end in calls if not operation.startswith(("Send", "Put", "GetItem"))]
                return max(reads)
            return max(end for operation, _, end in calls if operation == call)

        row = counted(invocations[-1]["calls"]) | {
            "proof_ms": median(answered(invocation, proves) for invocation in invocations),
            "limit_ms": to_proof * DELAY, "trips": to_proof,
            "whole_ms": median(invocation["ms"] for invocation in invocations),
            "graph": invocations[-1]["calls"]["calls"],
            "python_ms": median(invocation["ms"] for invocation in python["invocations"][1:]),
            "python": counted(python["invocations"][-1]["calls"]),
        }
        if repairs:
            row |= {
                "repair_ms": median(answered(invocation, repairs) for invocation in invocations),
                "repair_limit_ms": to_repair * DELAY, "repair_trips": to_repair,
            }
        result[name] = row
    return result


def main():
    orders = json.load(sys.stdin)
    tls = orders["tls"] and Path(orders["tls"])
    if orders["namespace"]:
        bring_up_loopback()
        name_hosts(tls)
    with Measure(orders["measure"], tls) as measure:
        result = {"cold": cold(orders, measure), "handshakes": handshakes(orders), "warm": warm(orders, measure)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
