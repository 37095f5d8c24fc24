"""Repairs by whole programs: the guardian, a handler in Python, Cloud Custodian. From the start of the process to its end, or
for a function to its answer; in each run the grant is missing before and is seen to be there after it.

Against the harness's own world, whose answers take no time, and against moto, which is the same for all.
"""

import os
import resource
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from machine import ACCOUNT, HERE, REGION, Measure, change, counted, environment, free_port, median, of_function, work

# As many messages as the template has in a batch of the reconciler.
BATCH = 10


def run(argv, env, status=(0,)):
    """Wall time, processor time and most memory of a process that ends by itself."""
    with tempfile.TemporaryFile() as log:
        began = time.monotonic()
        process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        _, ended, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(ended)
        if process.returncode not in status:
            log.seek(0)
            raise RuntimeError(f"{argv[0]} ended with {process.returncode}: {log.read()[-2000:].decode(errors='replace')}")
    # Of a process that never needs as much as this one, the kernel tells what this one has: it began as its copy.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = usage.ru_maxrss if usage.ru_maxrss > own else None
    return {"ms": took * 1000, "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1000, "rss_kb": peak}


def custodian(orders, endpoint):
    folder = tempfile.mkdtemp()
    argv = [str(Path(orders["python"]).parent / "custodian"), "run", "-r", REGION, "--cache-period", "0", "-s", folder,
            str(HERE / "peers" / "custodian.yml")]
    try:
        return run(argv, environment(endpoint))
    finally:
        shutil.rmtree(folder)


def tool(orders, endpoint):
    argv = [orders["guardian"], "repair", "media-0", "--cloud", "demo", "--yes", "--sample", "0"]
    # 1 where a finding remains that it does not repair, such as notifications that moto does not show.
    return run(argv, environment(endpoint), status=(0, 1))


def python(orders, endpoint, buckets):
    return run([orders["python"], orders["handler"], *buckets], environment(endpoint))


def function(orders, measure, endpoint, queues, buckets, broken):
    batches = [buckets[at : at + BATCH] for at in range(0, len(buckets), BATCH)]
    events = [work(measure, *[f"bucket:{bucket}" for bucket in batch]) for batch in batches]
    events[0] |= {"break": broken} if broken else {}
    ran = measure.do("function", argv=[orders["reconciler"]], env=of_function(endpoint, queues), events=events)
    failed = [invocation["response"] for invocation in ran["invocations"] if invocation["response"]["batchItemFailures"]]
    if failed:
        raise RuntimeError(f"not reconciled: {failed[:1]}")
    counts = [counted(invocation["calls"]) for invocation in ran["invocations"]]
    sums = {name: sum(count[name] for count in counts) for name in counts[0]}
    return {
        "ms": ran["init_ms"] + sum(invocation["ms"] for invocation in ran["invocations"]),
        "cpu_ms": ran["cpu_ms"], "rss_kb": ran["rss_kb"], **sums,
    }


def medians(runs):
    return {"runs": len(runs)} | {field: median(run.get(field) for run in runs) for field in runs[0]}


def in_harness(orders, count, rounds):
    """Alternating, each from the same state: healthy a moment ago, the grant of every bucket gone."""
    with Measure(orders["measure"]) as measure:
        names = [f"media-{number}" for number in range(count)]
        measure.do("world", buckets=count, under_key=False)
        for _ in range(2):
            function(orders, measure, measure.endpoint, f"https://sqs.{REGION}.amazonaws.com", names, [])
        measure.do("remember")
        programs = {
            "reconciler": lambda: function(
                orders, measure, measure.endpoint, f"https://sqs.{REGION}.amazonaws.com", names, ["grant"]
            ),
            "Python": lambda: python(orders, measure.endpoint, names),
            "Cloud Custodian": lambda: custodian(orders, measure.endpoint),
        }
        if count == 1 and Path(orders["guardian"]).is_file():
            programs["guardian repair"] = lambda: tool(orders, measure.endpoint)
        seen = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                measure.do("break", what=["grant"])
                measure.do("calls")
                ran = program()
                if name != "reconciler":
                    ran |= counted(measure.do("calls"))
                if measure.do("healthy") != count:
                    raise RuntimeError(f"{name}: {measure.do('healthy')} of {count} repaired")
                seen[name].append(ran)
    return {name: medians(runs) for name, runs in seen.items()}


@contextmanager
def moto(interpreter):
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [interpreter, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment() | {"HOME": tempfile.gettempdir()}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{endpoint}/moto-api/").close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield endpoint
    finally:
        process.kill()
        process.wait()


def in_moto(orders, count, rounds):
    with moto(orders["moto"]) as endpoint, Measure(orders["measure"]) as measure:
        names = [f"media-{number}" for number in range(count)]

        def world(what):
            argv = [orders["python"], str(HERE / "peers" / "world.py"), what, str(count)]
            return subprocess.run(argv, env=environment(endpoint), check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

        world("make")
        healing = lambda: function(orders, measure, endpoint, endpoint, names, [])
        for _ in range(2):
            healing()
        world("remember")
        programs = {
            "reconciler": healing,
            "Python": lambda: python(orders, endpoint, names),
            "Cloud Custodian": lambda: custodian(orders, endpoint),
        }
        if count == 1 and Path(orders["guardian"]).is_file():
            programs["guardian repair"] = lambda: tool(orders, endpoint)
        seen = {name: [] for name in programs}
        for _ in range(rounds):
            for name, program in programs.items():
                world("break")
                ran = program()
                # moto counts nothing; the calls are those of the harness's world.
                ran = {field: ran[field] for field in ("ms", "cpu_ms", "rss_kb")}
                if world("healthy") != str(count):
                    raise RuntimeError(f"{name}: not repaired in moto")
                seen[name].append(ran)
    return {name: medians(runs) for name, runs in seen.items()}
