"""The machine that measured, the processes that measure, and numbers in words."""

import json
import os
import platform
import socket
import statistics
import subprocess
import time
from datetime import date
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).resolve()
ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def first_line(path, begins):
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(begins)), "")


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    return done.stdout.strip()


def facts():
    return {
        "date": date.today().isoformat(),
        "commit": output("git", "rev-parse", "--short", "HEAD") + ("+" if output("git", "status", "--porcelain", "-uno") else ""),
        "processor": first_line("/proc/cpuinfo", "model name") or platform.processor(),
        "processors": os.cpu_count(),
        "memory": first_line("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "rustc": output("rustc", "--version"),
        "python": platform.python_version(),
        # Above the number of processors, others were at work.
        "load": round(os.getloadavg()[0], 1),
    }


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def environment(endpoint=None):
    """Nothing of this process's environment that could lead to a real account, and credentials that only loopback takes."""
    nothing = "/nonexistent"
    env = {
        "PATH": os.environ["PATH"], "HOME": nothing, "TMPDIR": "/tmp",
        # The peers' modules are compiled once, as Lambda keeps them, but not beside the sources.
        "PYTHONPYCACHEPREFIX": str(TARGET / "pycache"),
        "AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing, "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "ACCOUNT_ID": ACCOUNT, "TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:bench",
    }
    return env | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def of_function(endpoint=None, queues=f"https://sqs.{REGION}.amazonaws.com"):
    """What template.yaml gives the functions."""
    return environment(endpoint) | {
        "GUARDIAN_STACK": "bench", "GUARDIAN_ACCOUNT_ID": ACCOUNT, "GUARDIAN_PARTITION": "aws",
        "GUARDIAN_CLOUDINARY_ACCOUNT_ID": "232482882421", "GUARDIAN_MODE": "repair", "GUARDIAN_ALLOWED_CLOUDS": "demo",
        "GUARDIAN_BUCKET_ARNS": "arn:aws:s3:::media-*", "GUARDIAN_DIGEST": "off", "GUARDIAN_CENSUS": "off",
        "GUARDIAN_WATCH_OBJECTS": "no", "GUARDIAN_CENSUS_EVERY_DAYS": "30", "GUARDIAN_MANAGE_NOTIFICATIONS": "no",
        "GUARDIAN_RULES": "KeyRule=bench-KeyRule-1A", "GUARDIAN_QUEUES": f"WorkQueue={queues}/{ACCOUNT}/bench-work.fifo",
        "GUARDIAN_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:bench", "GUARDIAN_SWEEP_RATE": "rate(1 hour)",
        "GUARDIAN_SWEEP_SHARE": "25", "GUARDIAN_PARAMETER_STORE_RATE": "40",
        "GUARDIAN_TABLE": "bench", "GUARDIAN_WORK_QUEUE_URL": f"{queues}/{ACCOUNT}/bench-work.fifo",
        "GUARDIAN_INGEST_QUEUE_URL": f"{queues}/{ACCOUNT}/bench-ingest",
    }


class Measure:
    """`measure`, the harness's process: one order, one answer."""

    def __init__(self, binary, tls=None):
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        arguments = [str(binary), str(self.port)]
        if tls:
            arguments += ["443", str(tls / "chain.pem"), str(tls / "key.pem")]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.serial = 0

    def __enter__(self):
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()

    def do(self, order, **fields):
        self.process.stdin.write(json.dumps({"do": order, **fields}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{order} {fields.get('argv', '')}: {answer['error']}")
        return answer

    def event_id(self):
        self.serial += 1
        return f"event-{self.serial}"


def records(bodies):
    return {
        "Records": [
            {
                "messageId": f"message-{number}", "receiptHandle": "r", "body": json.dumps(body), "attributes": {},
                "messageAttributes": {}, "md5OfBody": "0", "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:bench", "awsRegion": REGION,
            }
            for number, body in enumerate(bodies)
        ]
    }


def work(measure, *resources):
    """Work of the reconciler's queue, as the router sends it."""
    actor = {"principal": f"arn:aws:iam::{ACCOUNT}:role/terraform", "tool": "Terraform", "address": "198.51.100.24"}
    return records(
        {"resource": resource, "cause": {
            "id": measure.event_id(), "event": "PutBucketPolicy", "time": "2026-11-23T10:00:00Z", "actor": actor,
        }}
        for resource in resources
    )


def change(measure, bucket):
    """The CloudTrail event of a PutBucketPolicy, as EventBridge delivers it."""
    event = json.loads((ROOT / "events" / "s3.PutBucketPolicy.terraform.json").read_text())
    event["id"] = event["detail"]["eventID"] = measure.event_id()
    text = json.dumps(event).replace(event["detail"]["requestParameters"]["bucketName"], bucket)
    return json.loads(text)


WRITES = ("Put", "Delete", "Send", "Publish")


def counted(calls):
    """How many calls, how many of them write to AWS, and how many of those to the bucket or the key."""
    names = [call[0] for call in calls["calls"]]
    own = ("PutItem", "DeleteItem", "SendMessage", "SendMessageBatch", "Publish")
    return {
        "calls": len(names),
        "writes": sum(name.startswith(WRITES) for name in names),
        "repairs": sum(name.startswith(WRITES) and name not in own for name in names),
    }
