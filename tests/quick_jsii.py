"""Rendering in half the time: jsii, which stands between Python and Node, without its detours.

`test_dist.py` proves that the same bytes come of it as of `floe synth`, which knows none of this.
"""

from functools import cache
from typing import Any

import pytest
from cdk8s_plus_34 import k8s
from jsii import _kernel

_reference = _kernel._make_reference_for_native  # noqa: SLF001  it is what is replaced


def prepare() -> None:
    """Change jsii for the rest of this process."""
    patch = pytest.MonkeyPatch()
    # Types of arguments are looked at twice: Node refuses as well.
    patch.setattr("jsii._type_checking._resolved_check", lambda **_: None)
    patch.setattr(_kernel, "_make_reference_for_native", _told)
    # Each is asked of Node: the same ones over and over.
    for kind in (k8s.Quantity, k8s.IntOrString):
        for name in ("from_string", "from_number"):
            patch.setattr(kind, name, cache(getattr(kind, name)))


def _told(kernel: _kernel.Kernel, value: Any) -> Any:
    """Tell Node what a struct says; jsii tells of all that it might say, too."""
    names = getattr(type(value), "__jsii_name_mapping__", None)
    if names is None:
        return _reference(kernel, value)
    said = vars(value)["_values"]
    data = {names[name]: _told(kernel, inner) for name, inner in said.items()}
    return {"$jsii.struct": {"fqn": value.__jsii_type__, "data": data}}
