"""The demo's own commands, ended as all others are."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def demonstration() -> Iterator[None]:
    """Let what the demo refuses be wrong input, what fails in it a finding, and say what it needs.

    Raises:
        InputError: the demo refused, or its extra is not installed.
        FindingError: a run failed.

    """
    from floe_demo.refusal import FailedError, RefusedError
    from floe_deploy.errors import FindingError, InputError, missing_extra

    try:
        yield
    except RefusedError as refusal:
        raise InputError(str(refusal)) from refusal
    except FailedError as failure:
        raise FindingError(str(failure)) from failure
    except ModuleNotFoundError as missing:
        raise missing_extra("demo") from missing
