"""What every command on the deployed stack begins with: the Python environments, the build, ministack, and the deployment."""

import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from deployed import STACK, Stack
from emulator import ACCOUNT, REGION, clean_environment, ministack
from terminal import ROOT, TARGET, Failed, command, say

MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine().lower())


def environment(which):
    done = subprocess.run([ROOT / "tests/emulators/setup", which], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return Path(done.stdout.strip())


def build(sam, tools, env):
    folder = TARGET / "stack" / "build"
    # `sam build` compiles for release. These settings do away with the slow half of that; what is under test here is
    # the way from event to repair, not the optimiser. Folders of their own: nobody else's builds are thrown away.
    command("sam build", [
        sam, "build", "--build-dir", folder, "--parameter-overrides", f"Architecture={MACHINE}", "Census=full",
    ], env | {
        "PATH": f"{tools / 'bin'}{os.pathsep}{env['PATH']}",
        "CARGO_TARGET_DIR": str(TARGET / "stack" / "cargo"),
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "0",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    }, 900)
    return folder


class Ground:
    """ministack with the stack, once it is deployed."""

    def __init__(self, endpoint, env, sam, folder, scratch):
        self.endpoint, self.env, self.sam, self.folder, self.scratch = endpoint, env, sam, folder, scratch
        self.here = env | {"AWS_ENDPOINT_URL": endpoint}
        self.stack = Stack(endpoint)
        self.stack.create_trail()

    def deploy(self, title, *overrides):
        begin = time.monotonic()
        command(f"sam deploy, {title}", [
            self.sam, "deploy", "--template-file", self.folder / "template.yaml", "--config-file", ROOT / "samconfig.toml",
            "--stack-name", STACK, "--region", REGION, "--no-confirm-changeset", "--no-progressbar",
            "--parameter-overrides", f"Architecture={MACHINE}", "Mode=repair", "AllowedClouds=demo,demo-*",
            f"KeyArns=arn:aws:kms:{REGION}:{ACCOUNT}:key/*", *overrides,
        ], self.here, 300)
        self.stack.read()
        say(f"deployed in {time.monotonic() - begin:.1f} s")
        return begin


@contextmanager
def ground(emulators, tools, scratch):
    env = clean_environment(scratch)
    os.environ.clear()
    os.environ.update(env)
    sam = tools / "bin" / "sam"
    folder = build(sam, tools, env)
    with ministack(emulators / "bin" / "python", scratch) as endpoint:
        say(f"ministack is up on {endpoint}")
        yield Ground(endpoint, env, sam, folder, scratch)


def main(file, run):
    """Calls `run(ground)` in the Python that has boto3; what it raises as `Failed` is said, with exit status 1."""
    if platform.system() != "Linux":
        print(f"{file}: the functions are Linux programs and run as such here; this is not Linux", file=sys.stderr)
        sys.exit(77)
    emulators = environment("emulators")
    # Started by any Python, goes on in the one that has boto3.
    if Path(sys.prefix) != emulators:
        os.execv(emulators / "bin" / "python", [str(emulators / "bin" / "python"), file, *sys.argv[1:]])
    tools = environment("stack")
    say("environments ready")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = Path(tempfile.mkdtemp(prefix="guardian-stack-"))
    try:
        with ground(emulators, tools, scratch) as here:
            run(here)
    except Failed as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    say("PASSED")
