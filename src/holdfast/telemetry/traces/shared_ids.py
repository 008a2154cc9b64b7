"""Spans of one trace that share an id, distinguished. Pure.

With B3 (Zipkin) a server's span continues the client's: both have one id and one parent. Here each gets an id
of its own, and the server is below the client. The innermost span keeps the id that was sent, because nearly
all that names it means that span: its children, its log lines, exemplars. The others have a word behind it.
Exact copies, a span that was sent twice, keep one id.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from holdfast.telemetry.spans.failures import CALLING, HANDLING
from holdfast.telemetry.traces.mesh import is_inbound, is_proxy
from holdfast.telemetry.traces.model import Span, TraceLogLine

_MARK = "-"
"""Follows the id that was sent, which is hexadecimal."""

_PLACES = ("caller", "proxy", "inbound", "callee")
"""The places a call passes, from the outermost inwards: an id may be shared by one span at each."""

_INNERMOST = len(_PLACES) - 1


@dataclass(frozen=True, slots=True)
class _End:
    """One of the spans that share an id: its place in the call, and the id it has now."""

    place: int
    span: Span
    own_id: str


def with_own_ids(spans: Sequence[Span]) -> list[Span]:
    """Return the spans of one trace in their order, each with an id of its own, the callee below its caller.

    A child of a shared id is below the innermost span of its own service; if there is none, or if the child
    handles a call, below the innermost of all.
    """
    if len({span.span_id for span in spans}) == len(spans):
        return list(spans)
    shared = {span_id: _ends(of_id) for span_id, of_id in _by_id(spans).items() if len(of_id) > 1}
    return [_placed(span, shared) for span in spans]


def lines_with_own_ids(lines: Sequence[TraceLogLine], spans: Iterable[Span]) -> list[TraceLogLine]:
    """Return log lines of a trace, each with its span's own id; where ids are shared, by its service."""
    ends: dict[str, list[_End]] = defaultdict(list)
    for span in spans:
        ends[_sent_id(span.span_id)].append(_End(_place(span), span, span.span_id))
    shared = {span_id: sorted(of_id, key=_order) for span_id, of_id in ends.items() if len(of_id) > 1}
    return [
        replace(line, span_id=_nearest(shared[line.span_id], line.service, line.at_nanoseconds))
        if line.span_id in shared
        else line
        for line in lines
    ]


def _by_id(spans: Iterable[Span]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        found[span.span_id].append(span)
    return found


def _ends(spans: Iterable[Span]) -> list[_End]:
    """Return the spans of one id from the outermost inwards, without copies."""
    ends = sorted({_seen(span): _End(_place(span), span, "") for span in spans}.values(), key=_order)
    at_place: dict[int, int] = defaultdict(int)
    found = []
    for end in ends:
        at_place[end.place] += 1
        is_sent = end.place == ends[-1].place
        words = [end.span.span_id, *([] if is_sent else [_PLACES[end.place]])]
        words += [str(at_place[end.place])] if at_place[end.place] > 1 else []
        found.append(replace(end, own_id=_MARK.join(words)))
    return found


def _placed(span: Span, shared: dict[str, list[_End]]) -> Span:
    ends = shared.get(span.span_id, [])
    own_id = next((end.own_id for end in ends if _seen(end.span) == _seen(span)), span.span_id)
    outer = [end for end in ends if end.place < _place(span)]
    above = outer or shared.get(span.parent_span_id, [])
    if span.parent_span_id == span.span_id and not outer:
        return replace(span, span_id=own_id, parent_span_id=own_id)
    if not above:
        return replace(span, span_id=own_id)
    service = "" if outer or span.kind in HANDLING else span.service
    return replace(span, span_id=own_id, parent_span_id=_nearest(above, service, span.start_nanoseconds))


def _nearest(ends: Sequence[_End], service: str, at_nanoseconds: int) -> str:
    """Return the id of the innermost end, of this service if it has one: the last that had begun by then."""
    of_service = [end for end in ends if end.span.service == service] or ends
    innermost = [end for end in of_service if end.place == of_service[-1].place]
    begun = [end for end in innermost if end.span.start_nanoseconds <= at_nanoseconds]
    return (begun[-1] if begun else innermost[0]).own_id


def _order(end: _End) -> tuple[int, int, str]:
    return (end.place, end.span.start_nanoseconds, end.span.service)


def _place(span: Span) -> int:
    if is_proxy(span):
        return 2 if is_inbound(span) or span.kind in HANDLING else 1
    return 0 if span.kind in CALLING else _INNERMOST


def _seen(span: Span) -> tuple[str, str, str, int, int]:
    """Return what copies of a span have in common; a collector may have added attributes to one of them."""
    return (span.service, span.kind, span.operation, span.start_nanoseconds, span.duration_nanoseconds)


def _sent_id(span_id: str) -> str:
    return span_id.partition(_MARK)[0]
