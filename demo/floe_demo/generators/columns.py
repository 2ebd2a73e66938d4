"""Columns of Arrow out of arrays of numbers, without a Python object for each value."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

UUID_LENGTH = 36
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)
_PARTS = ((0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32))
"""Where the digits go: the place among 36 characters, and which of the 32 digits."""


def mixed(*keys: int | Ints) -> NDArray[np.uint64]:
    """Answer numbers that look random, and are the same for the same keys (SplitMix64)."""
    found = np.zeros(1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            found = found + np.asarray(key).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            found = found ^ (found >> np.uint64(31))
    return found


def share(*keys: int | Ints) -> NDArray[np.float64]:
    """Answer numbers from 0 to 1 that look random, and are the same for the same keys."""
    return (mixed(*keys) >> np.uint64(11)).astype(np.float64) / (1 << 53)


def uuids(seed: int, kind: int, which: Ints) -> Bytes:
    """Answer identifiers as characters, a row of 36 for each: those of a kind never change."""
    high = mixed(seed, kind, which)
    halves = np.empty((len(which), 2), dtype=">u8")
    halves[:, 0] = high
    halves[:, 1] = mixed(which, high.view(np.int64))
    raw = halves.view(np.uint8)
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x40  # version 4
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    digits = _HEX[raw].view(np.uint8)
    found = np.full((len(which), UUID_LENGTH), ord("-"), dtype=np.uint8)
    for at, begin, end in _PARTS:
        found[:, at : at + end - begin] = digits[:, begin:end]
    return found


def strings(characters: Bytes) -> pa.Array:
    """Answer rows of characters, all of one length, as strings."""
    count, length = characters.shape
    offsets = np.arange(count + 1, dtype=np.int32) * length
    flat = np.ascontiguousarray(characters)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(flat))


def words(names: tuple[str, ...], which: Ints) -> pa.Array:
    """Answer the words of these numbers."""
    return pa.array(names).take(pa.array(which))


def decimals(hundredths: Ints, missing: Bools | None = None) -> pa.Array:
    """Answer amounts as decimals with two places."""
    halves = np.empty((len(hundredths), 2), dtype=np.int64)
    halves[:, 0] = hundredths
    halves[:, 1] = hundredths >> 63  # the sign
    return _built(DECIMAL, halves, missing)


def times(microseconds: Ints, missing: Bools | None = None) -> pa.Array:
    """Answer times in UTC."""
    return _built(TIME, np.ascontiguousarray(microseconds), missing)


def _built(kind: pa.DataType, values: Ints, missing: Bools | None) -> pa.Array:
    there = None
    if missing is not None:
        there = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [there, pa.py_buffer(values)])


DECIMAL = pa.decimal128(12, 2)
TIME = pa.timestamp("us", tz="UTC")
