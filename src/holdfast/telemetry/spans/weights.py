"""How many spans a sampled span represents, as SQL (OpenTelemetry, consistent probability sampling). Pure.

Spans are stored with it, in the column `Weight`.
"""

_FULL = 2**56


WEIGHT_MOST = 2**20
"""The most spans a sampled one may represent: sampling of 1 in a million, more than any sampler in use.

A sender may claim up to 2^56, and one such span would outweigh the whole month of an objective, or overflow
its counters. A span with a claim beyond the bound counts once, as with an unreadable claim: at the bound, a
single bad span would still exhaust a budget.
"""


# Members of a tracestate may have spaces around them (W3C Trace Context, 3.3.1.1).
_THRESHOLD_HEX = "extract(TraceState, '(?:^|,)[ \\t]*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;, \\t]|$)')"


_CLAIMED = f"({_FULL} - reinterpretAsUInt64(reverse(unhex(rightPad({_THRESHOLD_HEX}, 14, '0')))))"


_KEPT = f"if({_CLAIMED} < {_FULL // WEIGHT_MOST}, {_FULL}, {_CLAIMED})"


_DITHER = "reinterpretAsUInt32(reverse(unhex(substring(SpanId, 9, 8)))) / 4294967296."


# A sampled span represents 2^56/(2^56 - threshold) spans (OpenTelemetry, consistent probability sampling).
# Fractions are rounded by the span's random id, so counts stay whole numbers, replays agree, and the expected
# count is exact.
WEIGHT = (
    "if(position(TraceState, 'th:') = 0, toUInt64(1), "
    f"toUInt64(intDiv({_FULL}, {_KEPT}) + ({_DITHER} < modulo({_FULL}, {_KEPT}) / {_KEPT})))"
)
