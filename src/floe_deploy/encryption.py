"""What a value looks like that SOPS has encrypted."""

import re

ENCRYPTED = re.compile(
    r"ENC\[AES256_GCM,data:[A-Za-z0-9+/]+={0,2},iv:[A-Za-z0-9+/]{43}=,tag:[A-Za-z0-9+/]{22}==,"
    r"type:(?P<type>[a-z]+)\]"
)
"""Ciphertext, 32 bytes of nonce, 16 of tag, and what the value was before."""


def is_encrypted(value: object) -> bool:
    """Tell whether SOPS has encrypted a value."""
    return isinstance(value, str) and bool(ENCRYPTED.fullmatch(value))
