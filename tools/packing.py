"""What a release consists of besides the compiler's work: archives that depend on their contents alone, checks of what
goes into them, the template that goes with them."""

import hashlib
import io
import re
import zipfile

# Lambda's limit is 50 MB; this one keeps cold starts short and notices a dependency that came in by accident.
MOST = 3_000_000
# The first moment that a zip archive can name.
EPOCH = (1980, 1, 1, 0, 0, 0)
FUNCTIONS = ("router", "reconciler", "census")
TARGETS = {"arm64": "aarch64-unknown-linux-gnu", "x86_64": "x86_64-unknown-linux-gnu"}


class Refused(Exception):
    """A release that must not be made; the text says why."""


def archive(files):
    """A zip archive of these files, name to content: the same bytes for the same files, whoever makes it and when."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            # Unix, and executable for everybody: Lambda runs `bootstrap` as a user of its own.
            entry.create_system = 3
            entry.external_attr = 0o100755 << 16
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def within_limit(name, packed):
    if len(packed) > MOST:
        raise Refused(f"{name} has {len(packed):,} bytes, {MOST:,} at most; `cargo tree -p <function>` shows what came in")


def no_paths(name, binary, folders):
    """Refuses a binary that names a folder of the machine it was built on: it would differ on the next one."""
    for folder in folders:
        place = binary.find(str(folder).encode() + b"/")
        if place >= 0:
            around = binary[place : place + 160].split(b"\0")[0].decode(errors="replace")
            raise Refused(f"{name} names a folder of this machine: {around}")


def template(text, architecture):
    """template.yaml for one architecture's archives, which lie beside it: deployed as it is, without a build."""

    def replaced(text, pattern, by, times):
        text, found = re.subn(pattern, by, text)
        if found != times:
            raise Refused(f"template.yaml has {found} places like {pattern}, not {times}: the release script is out of date")
        return text

    text = replaced(
        text, r"(?m)^( +CodeUri:) functions/(\w+)$", rf"\1 \2-{architecture}.zip", len(FUNCTIONS)
    )
    # Nothing is left to be built, and nothing else fits these archives.
    text = replaced(text, r"(?m)^ +BuildMethod: rust-cargolambda\n +BuildProperties: .*\n", "", len(FUNCTIONS))
    text = replaced(
        text,
        r"(?m)^(  Architecture:\n    Type: String\n)    Default: arm64\n    AllowedValues: \[arm64, x86_64\]$",
        rf"\1    Default: {architecture}\n    AllowedValues: [{architecture}]", 1,
    )
    return text


def sums(files):
    """The checksum file: name to content, in the format that `sha256sum --check` reads."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
