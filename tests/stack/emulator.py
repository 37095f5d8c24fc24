"""ministack on loopback, for as long as a `with`."""

import os
import signal
import socket
import subprocess
import urllib.request
from contextlib import contextmanager

from terminal import ROOT, Failed, wait_for

REGION = "eu-west-1"
ACCOUNT = "123456789012"
# In the scratch folder: what the functions call, see ministack_completed.py.
CALLS = "calls"


def clean_environment(scratch):
    """This process's environment without anything that could lead to a real account."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    nothing = str(scratch / "none")
    return kept | {
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "SAM_CLI_TELEMETRY": "0",
        # The SAM CLI's own notes about the developer, its only file outside the target folder.
        "__SAM_CLI_APP_DIR": str(scratch / "sam"),
    }


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def ministack(python, scratch):
    port = free_port()
    for folder in ("state", "objects"):
        (scratch / folder).mkdir()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        # The host in queue URLs and the like.
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        # The functions' binaries as processes of their own, without containers.
        "LAMBDA_EXECUTOR": "local",
        # It hands this on to the functions, which would call AWS.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "CALLS_FILE": str(scratch / CALLS),
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "objects"),
        # Otherwise it repeats all that the functions print.
        "LOG_LEVEL": "WARNING",
        # Two listeners that know no BIND_HOST and would be on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    log = scratch / "ministack.log"
    with open(log, "w") as out:
        process = subprocess.Popen(
            [python, ROOT / "tests/stack/ministack_completed.py"], cwd=scratch, env=env, stdin=subprocess.DEVNULL,
            stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"ministack on {endpoint}", 60, lambda: ready(endpoint, process, log))
        yield endpoint
    except BaseException:
        print("--- ministack, last lines")
        print("\n".join(log.read_text(errors="replace").splitlines()[-40:]))
        raise
    finally:
        # Asked to end, it ends its functions too; what does not listen goes with the process group.
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(timeout=10)


def ready(endpoint, process, log):
    if process.poll() is not None:
        raise Failed(f"ministack ended with {process.returncode}:\n{log.read_text(errors='replace')[-3000:]}")
    try:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return direct.open(f"{endpoint}/_ministack/ready", timeout=2).status == 200
    except OSError:
        return False
