"""Makes the environment that `setup` is asked for. See there."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REQUIREMENTS = {
    "emulators": "requirements.txt",
    "stack": "requirements-stack.txt",
    "lint": "requirements-lint.txt",
    "bench": "requirements-bench.txt",
}
SKIPPED = 77


def cannot(why):
    print(f"tests/emulators/setup: {why}", file=sys.stderr)
    sys.exit(SKIPPED)


def run(why, *command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines()[-12:]
        cannot("\n  ".join([f"{why} (status {done.returncode}):", *lines]))


def make(folder, requirements):
    shutil.rmtree(folder, ignore_errors=True)
    run(
        "python3 cannot make a virtual environment (Debian keeps that in python3-venv)",
        sys.executable, "-m", "venv", str(folder),
    )
    run(
        f"pip could not install tests/emulators/{requirements.name}",
        str(folder / "bin" / "python"), "-m", "pip", "install",
        # Modules are compiled when they are first used: most of what is installed here never is.
        "--no-compile", "--no-input", "--quiet", "--disable-pip-version-check",
        "--requirement", str(requirements),
    )


def main():
    which = sys.argv[1] if len(sys.argv) > 1 else "emulators"
    if len(sys.argv) > 2 or which not in REQUIREMENTS:
        print("usage: tests/emulators/setup [emulators|stack|lint|bench]", file=sys.stderr)
        sys.exit(2)
    if sys.version_info < (3, 10):
        cannot(f"Python 3.10 or newer is needed, `python3` is {sys.version.split()[0]}")
    try:
        import fcntl
    except ImportError:
        cannot("this system has no POSIX file locks")

    requirements = HERE / REQUIREMENTS[which]
    # Another interpreter cannot use the same environment, and another requirement must not.
    recipe = "\n".join([requirements.read_text(), sys.version, os.path.realpath(sys.executable)])
    name = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    # Cargo, too, takes a relative CARGO_TARGET_DIR from where it was called; here that is the workspace.
    target = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
    folder = target / "emulators" / name
    folder.parent.mkdir(parents=True, exist_ok=True)

    # The file with the folder's own path is written last: an environment that was interrupted, or moved to where its
    # scripts no longer find their interpreter, is made again.
    complete = folder / "complete"
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (complete.is_file() and complete.read_text() == str(folder) and (folder / "bin" / "python").exists()):
            make(folder, requirements)
            complete.write_text(str(folder))
    print(folder)


main()
