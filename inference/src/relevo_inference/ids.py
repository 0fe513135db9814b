"""Random ids."""

import os

# Of a random UUID the first two bits after the version are 10 (RFC 9562, 4.1).
_VARIANTS = "89ab"


def uuid() -> str:
    """A random UUID (version 4) as text; Python's object for one costs several times as much."""
    digits = os.urandom(16).hex()
    variant = _VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
