"""ministack with `ItemBatcher`, the one thing of the census's state machine that it does not know: there every item
would be an execution of its own, with another input than on AWS.

The map's items are put together here, before ministack runs the map over the batches, as Step Functions does it
(Step Functions Developer Guide, "ItemBatcher"): each batch is `{"BatchInput": …, "Items": […]}`. The counts of the Map
Run are put right afterwards: DescribeMapRun counts items, not batches.
"""

import copy
import json
import runpy

from ministack.services import stepfunctions

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


stepfunctions._run_distributed_map = in_batches
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
