"""Asks the kernel whether a time server keeps the machine's clock."""

import ctypes

TIME_ERROR = 5
"""What `adjtimex(2)` returns while the clock is not synchronised."""
_STRUCT_BYTES = 512
"""More than `struct timex` has on any platform; all zero means: change nothing, only report."""


def is_synchronised() -> bool | None:
    """Return whether a time server keeps the clock, or None where the kernel does not say."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(_STRUCT_BYTES))
    return None if state < 0 else state != TIME_ERROR
