"""How long a caller waited for what it called, up to the instant it stopped waiting. Pure.

A callee may work on after its caller gave up: that work made nobody wait, and a failure then failed nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.telemetry.traces.answers import says_timeout
from holdfast.telemetry.traces.failure import failure
from holdfast.telemetry.traces.model import Span, http_status, is_failed

_TIMED_OUT = (408, 504)
_SERVER = "server"


@dataclass(frozen=True, slots=True)
class Waited:
    """A span as far as its caller waited for it: from `since` to `until`, on the span's own clock.

    `is_abandoned` says that it ended after a caller above had given up.
    """

    span: Span
    since: int
    until: int
    is_abandoned: bool = False

    @property
    def nanoseconds(self) -> int:
        """How long the caller waited for it."""
        return max(0, self.until - self.since)


def whole(span: Span) -> Waited:
    """Return a span that somebody waited for to its end."""
    return Waited(span, span.start_nanoseconds, span.end_nanoseconds)


def waited(child: Span, caller: Waited) -> Waited:
    """Return a span as far as its caller, which may have been abandoned itself, waited for it."""
    moved = _moved(child, caller.span)
    since = max(child.start_nanoseconds, caller.since + moved)
    until = min(child.end_nanoseconds, caller.until + moved)
    gave_up = caller.is_abandoned or gave_up_waiting(caller.span)
    return Waited(child, since, until, is_abandoned=gave_up and until < child.end_nanoseconds)


def gave_up_waiting(span: Span) -> bool:
    """Whether a span failed for lack of time."""
    said = failure(span)
    return said != "" and (http_status(span) in _TIMED_OUT or says_timeout(said))


def busy(spans: Sequence[Waited]) -> int:
    """Return the nanoseconds in which at least one of the spans was waited for."""
    found, until = 0, 0
    for one in sorted(spans, key=lambda one: one.since):
        found += max(0, one.until - max(until, one.since))
        until = max(until, one.until)
    return found


def _moved(child: Span, caller: Span) -> int:
    """Return how far the clock of a callee is ahead of its caller's, as far as the order of events shows it.

    A callee cannot begin before it is called, nor end a call that was answered before it ended itself.
    """
    if child.kind != _SERVER:
        return 0
    if child.start_nanoseconds < caller.start_nanoseconds:
        return child.start_nanoseconds - caller.start_nanoseconds
    is_within = child.duration_nanoseconds <= caller.duration_nanoseconds and not is_failed(caller)
    return max(0, child.end_nanoseconds - caller.end_nanoseconds) if is_within else 0
