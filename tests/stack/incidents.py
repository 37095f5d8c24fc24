"""The incident list, played on the deployed stack."""

import json
import re
import subprocess
import threading
import time

from emulator import CALLS
from terminal import ROOT, Failed, say

# What the stage in ministack cannot express: it knows no imported key material, and no time but the real one.
OF_THE_MODEL = {
    **dict.fromkeys((
        "the trail is stopped, and until it logs again only the sweep sees what changes",
        "a rule of the guardian is disabled, and enabled again",
        "events cannot be delivered, and are thrown away once the reason is settled",
        "the last one who hears of it unsubscribes, and subscribes again",
    ), "its stage has no parts of the guardian's own; done by hand in own.py"),
    "imported key material is deleted, and imported again":
        "ministack imports no key material",
    "imported key material that expires is warned of, then goes, and no event tells of it":
        "ministack imports no key material, and its time is the real one",
}


class Bus(threading.Thread):
    """Takes the events of AWS's services to the event bus, for the stack's own rules to take up."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.over, self.failure, self.count = stack, threading.Event(), None, 0

    def run(self):
        sqs, queue = self.stack.sqs, self.stack.events
        try:
            while not self.over.is_set():
                got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
                for message in got:
                    self.put(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        except Exception as failure:  # told where the thread is joined
            self.failure = failure

    def put(self, event):
        answer = self.stack.client["events"].put_events(Entries=[{
            "Source": event["source"], "DetailType": event["detail-type"], "Resources": event["resources"],
            "Detail": json.dumps(event["detail"]),
        }])
        if answer["FailedEntryCount"]:
            raise Failed(f"the event bus does not take an event: {answer['Entries']}")
        self.count += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def steps_of_the_model(guardian, env):
    quiet = {k: v for k, v in env.items() if k != "AWS_ENDPOINT_URL"}
    said = subprocess.run([guardian, "demo", "--json"], env=quiet, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [(line["incident"], line["step"]) for line in map(json.loads, said.stdout.splitlines())]


def play(stack, guardian, env, scratch, deploying):
    """Plays the list; `deploying` is when the deployment began."""
    description = scratch / "stack.json"
    description.write_text(json.dumps(
        stack.outputs | {"Functions": {"Events": stack.events, "Passed": stack.passed, "Told": stack.notices}}
    ))
    whole = steps_of_the_model(guardian, env)
    began, played, healed = time.monotonic(), [], None
    with Bus(stack) as bus, subprocess.Popen(
        [guardian, "demo", "--json", "--stack", description], env=env, cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:
        for line in map(json.loads, process.stdout):
            if healed is None and line["healed_after"] is not None:
                healed = time.monotonic() - deploying
            played.append(line)
            tell(played, whole)
        complaint = process.stderr.read()
    if bus.failure:
        raise Failed(f"the event bus: {bus.failure}")
    wrong = [line for line in played if line["outcome"] != "as expected"]
    if process.returncode or wrong:
        raise Failed(f"exit status {process.returncode}: {complaint}{json.dumps(wrong, indent=1)}")
    expected = [step for step in whole if step[0] not in OF_THE_MODEL]
    if [(line["incident"], line["step"]) for line in played] != expected or len(expected) == len(whole):
        raise Failed("the steps that were played are not those of the list")
    stack.nothing_is_dead()
    times = sorted(line["healed_after"] for line in played if line["healed_after"] is not None)
    say(
        f"{len({line['incident'] for line in played})} incidents, {len(played)} steps in {time.monotonic() - began:.1f} s, "
        f"all as expected; {bus.count} events through the stack's rules; nothing in the dead-letter queues"
    )
    say(
        f"repaired and told {times[0]:.2f} to {times[-1]:.2f} s after the first event, "
        f"{times[len(times) // 2]:.2f} s in the middle of {len(times)}"
    )
    calls = (scratch / CALLS).read_text().splitlines()
    writes, repairs = [call for call in calls if is_repair(call)], [
        alert for line in played for alert in line["alerts"] if alert["transition"] == "repaired"
    ]
    # Also in all the later looks that fell into this time.
    if len(writes) != len(repairs):
        raise Failed(f"{len(writes)} writes to buckets and keys, but {len(repairs)} repairs told: {json.dumps(writes, indent=1)}")
    say(f"{len(calls)} AWS calls of the functions; {len(writes)} writes to buckets and keys, one for each repair told")
    for incident, why in OF_THE_MODEL.items():
        say(f"not played here: {incident}: {why}")
    say(f"FIRST INCIDENT HEALED {healed:.1f} s after the beginning of `sam deploy`")
    for error in stack.errors():
        say(f"logged as an error: {json.dumps(error)}")


def is_repair(call):
    """Whether a call of a function changes a bucket or a key: all of S3's but reads, and KMS's by name."""
    _, call = call.split(" ", 1)
    return call.startswith(("PUT /", "DELETE /")) or bool(re.match(r"TrentService\.(?!Get|Describe|List)", call))


def tell(played, whole):
    """A line for each incident, once its last step is over."""
    name, step = played[-1]["incident"], played[-1]["step"]
    if (name, step + 1) in whole:
        return
    number = len({line["incident"] for line in played})
    said = []
    for line in played[len(played) - step:]:
        codes = [f"{alert['transition']} {alert['id'].split('/')[0]}" for alert in line["alerts"]]
        after = line["healed_after"]
        word = ", ".join(codes) or "nothing to tell"
        said.append(word if after is None else f"{word}, {after:.2f} s after the event")
        if line["outcome"] != "as expected":
            said.append(f"WRONG: {line['outcome']}")
    say(f"{number:2}. {name}: {'; '.join(said)}")
