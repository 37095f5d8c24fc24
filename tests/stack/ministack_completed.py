"""ministack with the things that it does not know and this stack asks for:

- `ItemBatcher`, of the census's state machine. There every item would be an execution of its own, with another input than
  on AWS. The map's items are put together here, before ministack runs the map over the batches, as Step Functions does it
  (Step Functions Developer Guide, "ItemBatcher"): each batch is `{"BatchInput": …, "Items": […]}`. The counts of the Map
  Run are put right afterwards: DescribeMapRun counts items, not batches.
- Events of AWS's services by PutEvents, which it refuses as AWS does. Nobody else sends them here.
- What the functions call: each request of theirs is a line of the file that CALLS_FILE names, as `FUNCTION METHOD /PATH?QUERY`
  or `FUNCTION TARGET`. They name themselves in the user agent, where the SDKs say what AWS_EXECUTION_ENV holds.
- What its CloudFormation lacks: tests/emulator/cloudformation.py.
"""

import copy
import json
import os
import re
import runpy
import sys
from pathlib import Path

# No compiled modules beside the sources.
sys.dont_write_bytecode = True
sys.path.append(str(Path(__file__).resolve().parents[1] / "emulator"))

import cloudformation  # noqa: F401
from ministack import app as server
from ministack.services import eventbridge, lambda_svc, stepfunctions

run_map = stepfunctions._run_distributed_map


def batches(batcher, items, given):
    """The items in batches of at most so many items and bytes."""
    most, size = batcher.get("MaxItemsPerBatch"), batcher.get("MaxInputBytesPerBatch")
    batch = {"BatchInput": given, "Items": []}
    empty = len(json.dumps(batch))
    bytes_so_far = empty
    for item in items:
        more = len(json.dumps(item)) + 2
        full = most and len(batch["Items"]) >= most or size and bytes_so_far + more > size
        if full and batch["Items"]:
            yield batch
            batch, bytes_so_far = {"BatchInput": given, "Items": []}, empty
        batch["Items"].append(item)
        bytes_so_far += more
    if batch["Items"]:
        yield batch


def in_batches(state, raw_input, effective, iterator, execution, ctx):
    if "ItemBatcher" not in state:
        return run_map(state, raw_input, effective, iterator, execution, ctx)
    items = stepfunctions._read_map_items(state["ItemReader"], effective, ctx)
    selected = []
    for index, item in enumerate(items):
        of_item = ctx | {"Map": {"Item": {"Index": index, "Value": item}}}
        selected.append(stepfunctions._resolve_params_obj(state["ItemSelector"], effective, of_item))
    given = stepfunctions._resolve_params_obj(state["ItemBatcher"]["BatchInput"], effective, ctx)
    rest = {k: v for k, v in state.items() if k not in ("ItemReader", "ItemSelector", "ItemBatcher")}
    known = set(stepfunctions._map_runs)
    try:
        return run_map(
            rest, raw_input, copy.deepcopy(list(batches(state["ItemBatcher"], selected, given))), iterator, execution, ctx
        )
    finally:
        for name in set(stepfunctions._map_runs) - known:
            run = stepfunctions._map_runs[name]
            of_items = run["itemCounts"]
            if of_items["succeeded"] == of_items["total"]:
                of_items |= {"total": len(selected), "succeeded": len(selected)}


answer, environment = server.app, lambda_svc._provided_worker_env


def environment_with_name(config, code_dir, port):
    return environment(config, code_dir, port) | {"AWS_EXECUTION_ENV": config["FunctionName"]}


async def answer_and_note(scope, receive, send):
    headers = dict(scope.get("headers", ()))
    function = re.search(rb"\bexec-env/(\S+)", headers.get(b"user-agent", b"") + b" " + headers.get(b"x-amz-user-agent", b""))
    if function:
        query = scope["query_string"].decode()
        of_rest = f"{scope['method']} {scope['path']}{'?' if query else ''}{query}"
        call = headers.get(b"x-amz-target", b"").decode() or of_rest
        with open(os.environ["CALLS_FILE"], "a") as calls:
            print(function[1].decode(), call, file=calls)
    await answer(scope, receive, send)


put_events = eventbridge._put_events


def put_events_of_services(data, allow_aws_source=True):
    return put_events(data, allow_aws_source)


eventbridge._put_events = put_events_of_services
lambda_svc._provided_worker_env = environment_with_name
server.app = answer_and_note
stepfunctions._run_distributed_map = in_batches
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
