"""Ids of predictions."""

import os
import time

# The ninth byte begins with the bits 10 (RFC 9562, 4.1).
_VARIANTS = "89ab"


def uuid() -> str:
    """A UUID of version 7 as text: milliseconds since 1970, then 74 random bits (RFC 9562, 5.7).

    The ids of one moment lie beside each other in an index. Random ones would lie anywhere, and a database would
    touch a page of its own for each row.
    """
    digits = os.urandom(10).hex()
    moment = f"{time.time_ns() // 1_000_000:012x}"
    variant = _VARIANTS[int(digits[3], 16) & 3]
    return f"{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[4:7]}-{digits[7:19]}"
