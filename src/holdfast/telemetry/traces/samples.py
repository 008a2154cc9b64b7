"""What makes a sample of spans repeatable: those with the least hashes are in it. Pure."""

SPAN_HASH = "cityHash64(Timestamp, Duration)"
"""Start and duration distinguish spans as well as their ids do, at a quarter of the cost."""

HASH_MOST = 2**64 - 1
SPARE = 1.5
"""A bound of hashes is set for this multiple of the spans wanted: by chance fewer may lie below it."""
