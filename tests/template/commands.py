"""The commands of the AWS CLI in the documentation: whether there is such a command, with these options and no other
missing. The CLI makes its commands and options of the services' models, which botocore has too."""

import re

from expansion import ROOT

PAGES = ("docs/operations.md", "docs/organisation.md")
# Of every command (AWS CLI User Guide, "Command line options").
GLOBAL = {"region", "query", "output", "profile"}
# Made by hand, so that no model knows them; with the options used here.
BY_HAND = {
    ("cloudformation", "deploy"): {"stack-name", "template-file", "parameter-overrides", "capabilities"},
    ("s3", "cp"): {"recursive"},
    ("logs", "tail"): {"since", "follow", "filter-pattern"},
}


def found(text):
    """Service, command and the rest of each command, to its end."""
    pieces = re.split(r"\baws (?=[a-z0-9]+ [a-z])", text)
    for piece in pieces[1:]:
        match = re.match(r"([a-z0-9-]+) ([a-z0-9-]+)([^\n`]*)", piece)
        # What follows on the line belongs to another command.
        rest = re.split(r" (?:\||&&|\|\||>|2>)(?: |$)|; ", match[3])[0]
        yield match[1], match[2], rest


def complaints():
    """What is wrong, and how many commands were looked at."""
    import botocore.session
    from botocore import xform_name
    from botocore.exceptions import UnknownServiceError

    session = botocore.session.get_session()
    wrong, number = [], 0
    for page in PAGES:
        for service, command, rest in found((ROOT / page).read_text()):
            number += 1
            where = f"{page}: `aws {service} {command}`"
            options = set(re.findall(r"(?:^| )--([a-z0-9-]+)", rest)) - GLOBAL
            if (service, command) in BY_HAND:
                extra = options - BY_HAND[service, command]
                wrong += [f"{where}: takes no --{o} here" for o in sorted(extra)]
                if command == "deploy":
                    wrong += [f"{where}: {c}" for c in deployed(rest)]
                continue
            try:
                model = session.get_service_model("s3" if service == "s3api" else service)
            except UnknownServiceError:
                wrong.append(f"{where}: no such service")
                continue
            names = {xform_name(o, "-"): o for o in model.operation_names}
            if command not in names:
                wrong.append(f"{where}: no such command")
                continue
            shape = model.operation_model(names[command]).input_shape
            known = {xform_name(m, "-"): m for m in shape.members} if shape else {}
            given = {o if o in known else o.removeprefix("no-") for o in options}
            wrong += [f"{where}: knows no --{o}" for o in sorted(given - set(known))]
            # Named only in prose: then nothing is to be pasted.
            if rest.strip():
                needed = {xform_name(m, "-") for m in (shape.required_members if shape else [])}
                wrong += [f"{where}: wants --{o}" for o in sorted(needed - given)]
    return wrong, number


def deployed(rest):
    """Parameters that the template does not know, or that it needs and does not get."""
    from samtranslator.yaml_helper import yaml_parse

    path = re.search(r"--template-file (\S+)", rest)[1]
    parameters = yaml_parse((ROOT / path).read_text())["Parameters"]
    overrides = rest.split("--parameter-overrides ")[1]
    given = set(re.findall(r"(?:^| )([A-Z]\w+)=", overrides))
    yield from (f"{path} knows no {name}" for name in sorted(given - set(parameters)))
    needed = {name for name, p in parameters.items() if "Default" not in p}
    yield from (f"{path} wants {name}" for name in sorted(needed - given))
