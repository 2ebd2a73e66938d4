"""Addresses of this machine, each for one program of a process of tests."""

import itertools
import os

_NETWORK = f"127.{64 + (os.getpid() >> 8) % 128}.{os.getpid() % 256}"
_NUMBERS = itertools.count(1)


def address() -> str:
    """Answer one that nothing else uses."""
    return f"{_NETWORK}.{next(_NUMBERS)}"
