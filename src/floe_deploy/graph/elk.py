"""The Eclipse Layout Kernel, which decides where everything stands."""

import json
from importlib import import_module
from importlib.resources import files
from typing import Any

from floe_deploy.errors import missing_extra

_START = """
var self = globalThis, module = {exports: {}}, exports = module.exports;
var console = {log() {}, warn() {}, error() {}};
function setTimeout(call) { call() }
"""
_ASK = """
var answer, worker = new module.exports.Worker();
worker.onmessage = function (message) { answer = message.data };
worker.postMessage({id: 0, cmd: 'register', algorithms: ['layered']});
function layout(graph) {
  worker.postMessage({id: 1, cmd: 'layout', graph: JSON.parse(graph)});
  return JSON.stringify(answer);
}
"""


def layout(graph: dict[str, Any]) -> dict[str, Any]:
    """Answer the graph with positions of nodes, ports and bends.

    ELK's JavaScript (elkjs) stands beside this file and runs in this process, in QuickJS.

    Raises:
        InputError: the extra `graph` is not installed.

    """
    try:
        quickjs = import_module("quickjs")
    except ModuleNotFoundError as cause:
        raise missing_extra("graph") from cause
    context = quickjs.Context()
    context.eval(_START)
    context.eval((files("floe_deploy.graph") / "elkjs" / "elk-worker.min.js").read_text("utf-8"))
    context.eval(_ASK)
    answer = json.loads(context.get("layout")(json.dumps(graph)))
    if "error" in answer:
        raise RuntimeError(answer["error"])
    data: dict[str, Any] = answer["data"]
    return data
