"""ministack with what it does not know of template.yaml: alarms over an expression, and `ItemBatcher` of the census's state
machine; without that every item would be an execution of its own, with another input than on AWS.

The map's items are put together here, before ministack runs the map over the batches, as Step Functions does it
(Step Functions Developer Guide, "ItemBatcher"): each batch is `{"BatchInput": …, "Items": […]}`. The counts of the Map
Run are put right afterwards: DescribeMapRun counts items, not batches.
"""

import copy
import json
import runpy

from ministack.services import stepfunctions
from ministack.services.cloudformation import provisioners

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


def alarm_of_one_metric(name, properties):
    """An alarm over an expression, which ministack refuses, as one over the first of its metrics: here it only has to be
    there."""
    if properties.get("Metrics"):
        first = next(m["MetricStat"] for m in properties["Metrics"] if "MetricStat" in m)
        properties = {k: v for k, v in properties.items() if k != "Metrics"} | first["Metric"] | {
            "Statistic": first["Stat"], "Period": first["Period"],
        }
    return record_of_alarm(name, properties)


record_of_alarm = provisioners._cw_metric_alarm_record
provisioners._cw_metric_alarm_record = alarm_of_one_metric
stepfunctions._run_distributed_map = in_batches
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
