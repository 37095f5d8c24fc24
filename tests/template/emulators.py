"""moto and ministack on loopback, each for as long as a `with`; both give a maker of boto3 clients."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

from expansion import ROOT

# A second or two on a machine at rest.
START_LIMIT = 60


def clients(endpoint, region):
    import boto3
    from botocore.config import Config

    # No proxy, and nothing from the environment that leads to a real account.
    config = Config(proxies={}, retries={"total_max_attempts": 2}, connect_timeout=10, read_timeout=30)

    def client(service):
        return boto3.client(
            service, endpoint_url=endpoint, region_name=region, config=config,
            aws_access_key_id="test", aws_secret_access_key="test",
        )

    return client


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_up(url):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def started(region, port, ready, command, settings):
    """A module of this environment; it ends with this process, however that ends."""
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as scratch, open(f"{scratch}/log", "w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", ROOT / "tests/emulator/launch.py", *command],
            cwd=scratch, env={"PATH": os.environ["PATH"], "HOME": scratch, "TMPDIR": scratch} | settings,
            stdin=subprocess.PIPE, stdout=log, stderr=log,
        )
        try:
            deadline = time.monotonic() + START_LIMIT
            while not is_up(endpoint + ready):
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    sys.exit(f"{command[0]} does not start:\n{log.read()[-2000:]}")
                time.sleep(0.02)
            yield clients(endpoint, region)
        finally:
            process.kill()
            process.wait()


def moto(region):
    port = free_port()
    return started(region, port, "/moto-api/", ["moto.server", "-H", "127.0.0.1", "-p", str(port)], {})


def ministack(region):
    port = free_port()
    # See tests/emulators/README.md for each.
    settings = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "STATE_DIR": "state",
        "S3_DATA_DIR": "objects",
    }
    return started(region, port, "/_ministack/ready", ["ministack"], settings)
