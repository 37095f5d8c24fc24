"""What the guardian itself sees and speaks with, broken in the deployed stack and put right again. No event tells of it here, so
the sweep finds it."""

from deployed import STACK, TRAIL
from terminal import Failed, say


def looks_after_itself(stack):
    trail, events, sqs = stack.client["cloudtrail"], stack.client["events"], stack.client["sqs"]
    rule = events.list_rules(NamePrefix=f"{STACK}-KeyRule")["Rules"][0]["Name"]
    undelivered = next(url for name, url in stack.dead.items() if "Undelivered" in name)

    def after_a_sweep(expected):
        stack.schedule_fires()
        stack.wait_until_quiet()
        if (told := stack.codes_told()) != sorted(expected):
            raise Failed(f"told {told} instead of {sorted(expected)}")
        say(f"told: {', '.join(told)}")

    trail.stop_logging(Name=TRAIL)
    events.disable_rule(Name=rule)
    sqs.send_message(QueueUrl=undelivered, MessageBody="{}")
    say(f"trail stopped, {rule} disabled, a message in the queue of undelivered events")
    codes = ["trail-stopped", "rule-disabled", "dead-letters"]
    after_a_sweep([f"needs-you {code}" for code in codes])
    trail.start_logging(Name=TRAIL)
    events.enable_rule(Name=rule)
    sqs.purge_queue(QueueUrl=undelivered)
    after_a_sweep([f"resolved {code}" for code in codes])
