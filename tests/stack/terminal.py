"""What is said, what is run and what is waited for."""

import os
import signal
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).absolute()

started = time.monotonic()


class Failed(Exception):
    pass


def say(text):
    print(f"[{time.monotonic() - started:7.2f} s] {text}", flush=True)


def command(title, args, env, seconds):
    """Runs to its end or for so many seconds; what it prints is shown only if it fails."""
    say(title)
    process = subprocess.Popen(
        [str(a) for a in args], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        print(output)
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failed(f"{title}: not done after {seconds} s") from None
        raise
    if process.returncode != 0:
        print(output)
        raise Failed(f"{title}: exit status {process.returncode}")
    return output


def wait_for(what, seconds, true):
    """Seconds until it was true."""
    begin = time.monotonic()
    while not true():
        if time.monotonic() - begin > seconds:
            raise Failed(f"{what}: not after {seconds} s")
        time.sleep(0.05)
    return time.monotonic() - begin
