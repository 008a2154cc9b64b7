"""Where a bad event went wrong: from the span that violated the objective down to its cause. Pure.

From the bad span the walk goes down one child at a time: to the child whose failure failed it (of several,
the last to end, because the earlier ones were retried; one refused with a 4xx only if no other failed), else
to the callee it spent most of its time in, unless it says of itself that it failed, and not for lack of time.
It stops where neither exists: there the error or the time began. Callers that it passed whose many calls were
each quick are kept: `judged` ends the walk at the last of them that makes more than usual.
Spans of mesh proxies that only carry calls are skipped; a proxy that ends the walk had no upstream to send
its call to. A call whose other side sent no span (a provider, a database) is named after that side.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from holdfast.telemetry.identity.parties import STORES, Party, is_named, party_of, unnamed
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.spans.failures import CALLING
from holdfast.telemetry.traces.answers import answer, says_timeout
from holdfast.telemetry.traces.call_tree import CallTree
from holdfast.telemetry.traces.failure import FAILED, failure
from holdfast.telemetry.traces.mesh import cluster_of
from holdfast.telemetry.traces.model import HANDLING, Span, http_status, is_failed
from holdfast.telemetry.traces.repeats import CallKey, CallsMade, RepeatedCall, are_repeats

MOST_OF = 0.5
"""A callee is followed when it took at least this share of its caller's time."""

DEEPEST = 64

SLOW = "slow"
UNFIT = "outside the objective's conditions"
"""The message of bad events that neither failed nor took too long: they lack a required attribute."""

_TIMED_OUT = (408, 504)
_SELF_MADE = frozenset({"NR", "RL", "RLSE", "UAEX", "FI", "IH", "DPE", "OM"})
"""Envoy's response flags of calls that the proxy ended itself, without an upstream."""


@dataclass(frozen=True, slots=True)
class ErrorOrigin:
    """Where errors begin: a service's operation, with zone and version if they are known.

    `environment` is that of the span which shows it, empty if it names none.
    """

    service: str
    operation: str
    zone: str | None
    version: str | None
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Repeater:
    """A caller on the way that made one call many times, and the way to it."""

    origin: ErrorOrigin
    path: tuple[str, ...]
    repeats: RepeatedCall

    @property
    def key(self) -> CallKey:
        """What its usual number of calls is found by."""
        return self.origin.service, self.origin.operation, self.repeats.operation


@dataclass(frozen=True, slots=True)
class Attribution:
    """The cause of one bad event: its origin, the services on the way, and the message there.

    `answer` is what the call that failed got, in a word; `slow` if none failed.
    `repeats` is the call that the origin makes too often, if that is the cause. `repeaters` are the callers
    on the way that may be the cause.
    """

    origin: ErrorOrigin
    path: tuple[str, ...]
    message: str
    answer: str = ""
    repeats: RepeatedCall | None = None
    repeaters: tuple[Repeater, ...] = ()


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from a bad span to where its trouble began.

    `culprit` is the last span of `chain` that is a side of a call; `peer` is the other side of that call, if
    it sent no span, and `tries` how often the call was made. `repeaters` has the walks to those callers on
    the way that made one call many times; in each, `calls` are these.
    """

    chain: tuple[Span, ...]
    culprit: Span
    peer: str
    tries: int
    calls: tuple[Span, ...] = ()
    repeaters: tuple["Walk", ...] = ()

    @property
    def party(self) -> str:
        """The party where it began."""
        return self.peer or self.culprit.service


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the bad events began at `origin`, and what most of them got there.

    `repeats` is the call that it makes too often, if it does.
    """

    origin: ErrorOrigin
    bad: int
    share: float
    answer: str = ""
    repeats: RepeatedCall | None = None


def blame(bad: Span, spans: Iterable[Span], *, slow_from_nanoseconds: int = 0) -> Attribution:
    """Return where the bad span's trouble began, given all stored spans of its trace.

    A span that did not fail is called slow if it took longer than `slow_from_nanoseconds`.
    """
    walk = walked(bad, spans)
    otherwise = SLOW if bad.duration_nanoseconds > slow_from_nanoseconds else UNFIT
    said = answer(walk.chain) if any(map(is_failed, walk.chain)) else otherwise
    return replace(_verdict(walk, _message(walk.chain, walk.tries, otherwise)), answer=said)


def walked(bad: Span, spans: Iterable[Span]) -> Walk:
    """Walk down from a span that failed or took long to the span where that began."""
    trace = CallTree.of([bad, *spans])
    chain, tries, repeaters = [bad], 1, list[Walk]()
    while len(chain) < DEEPEST:
        step = _next(chain[-1], trace)
        if step is None:
            break
        if step.repeats:
            repeaters.append(Walk(tuple(chain), _side_of_a_call(chain), "", tries, step.repeats))
        chain.append(step.to)
        tries = step.tries if step.tries > 1 else tries
    culprit = _side_of_a_call(chain)
    peer = _peer(culprit, trace) if trace.is_call(culprit) else ""
    peer = "" if peer == culprit.service else peer
    return Walk(tuple(chain), culprit, peer, tries, repeaters=tuple(repeaters))


def destinations(spans: Sequence[Span]) -> dict[str, str]:
    """Return the other side of each call of a trace that sent no span there, by the id of the call's span.

    A database, a provider, a queue's broker: what a call is named after, because its callee has no row.
    """
    trace = CallTree.of(spans)
    silent = (span for span in spans if trace.is_call(span) and not trace.is_answered(span))
    found = {span.span_id: _peer(span, trace) for span in silent}
    return {span_id: name for span_id, name in found.items() if name}


def shares(verdicts: Sequence[Attribution], bad: int) -> list[Share]:
    """Spread `bad` events over the origins of a sample of them, most first; numbers add up to `bad`.

    Parts are rounded by largest remainder, so that whole events are named.
    """
    counted = Counter(verdict.origin for verdict in verdicts)
    sample = sum(counted.values())
    if not sample:
        return []
    exact = {origin: count * bad for origin, count in counted.items()}
    whole = {origin: product // sample for origin, product in exact.items()}
    left = bad - sum(whole.values())
    for origin in sorted(exact, key=lambda one: (-(exact[one] % sample), _words(one)))[:left]:
        whole[origin] += 1
    ordered = sorted(counted, key=lambda one: (-counted[one], _words(one)))
    return [
        Share(origin, whole[origin], counted[origin] / sample, *_said(origin, verdicts)) for origin in ordered
    ]


def judged(one: Attribution, usual: CallsMade) -> Attribution:
    """Return an attribution to the last caller on the way that makes more calls than usual, if one does."""
    for caller in reversed(one.repeaters):
        repeats = replace(caller.repeats, usual=usual.times(caller.key))
        if repeats.is_too_many:
            return Attribution(caller.origin, caller.path, one.message, one.answer, repeats)
    return one


def _said(origin: ErrorOrigin, verdicts: Sequence[Attribution]) -> tuple[str, RepeatedCall | None]:
    """Return what most events of an origin got, and the call that it makes too often in most of them."""
    mine = [one for one in verdicts if one.origin == origin]
    return Counter(one.answer for one in mine).most_common(1)[0][0], _median([one.repeats for one in mine])


def _median(mine: Sequence[RepeatedCall | None]) -> RepeatedCall | None:
    made = [one for one in mine if one is not None]
    if 2 * len(made) <= len(mine):
        return None
    operation, usual = Counter((one.operation, one.usual) for one in made).most_common(1)[0][0]
    return RepeatedCall(
        operation, median_low([one.calls for one in made if one.operation == operation]), usual
    )


@dataclass(frozen=True, slots=True)
class _Descent:
    """The child to follow, how often that call was tried, and the calls it stands for if they are repeats."""

    to: Span
    tries: int = 1
    repeats: tuple[Span, ...] = ()


def _side_of_a_call(chain: Sequence[Span]) -> Span:
    return next((span for span in reversed(chain) if span.kind in HANDLING | CALLING), chain[0])


def _next(span: Span, trace: CallTree) -> _Descent | None:
    """Return the step to the child to follow, or None where the trouble began."""
    below = trace.below(span)
    if is_failed(span) and (failed := [child for child in below if is_failed(child)]):
        last = max(failed, key=lambda child: (not _is_refused(child), _end(child)))
        return _Descent(last, sum(1 for child in failed if _callee(child) == _callee(last)))
    if _is_own_failure(span):
        return None
    groups: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for child in below:
        groups[_callee(child)].append(child)
    slowest, most = max(groups.values(), key=_busy, default=[]), MOST_OF * span.duration_nanoseconds
    if not slowest or _busy(slowest) < most:
        return None
    many = not trace.is_call(span) and are_repeats(slowest, most_nanoseconds=most)
    longest = max(slowest, key=lambda child: child.duration_nanoseconds)
    return _Descent(longest, repeats=tuple(slowest) if many else ())


def _is_own_failure(span: Span) -> bool:
    """Whether a service says that it failed, and not for the time something took."""
    said = failure(span)
    return span.kind in HANDLING and said not in ("", FAILED) and not _is_timeout(span, said)


def _is_timeout(span: Span, said: str) -> bool:
    return http_status(span) in _TIMED_OUT or says_timeout(said)


def _is_refused(call: Span) -> bool:
    status = http_status(call)
    return call.kind in CALLING and status is not None and 400 <= status < 500


def _callee(span: Span) -> tuple[str, str]:
    return (span.service, span.operation)


def _busy(spans: Sequence[Span]) -> int:
    """Return the nanoseconds in which at least one of the spans ran: calls side by side count once."""
    busy, until = 0, 0
    for span in sorted(spans, key=lambda one: one.start_nanoseconds):
        busy += max(0, _end(span) - max(until, span.start_nanoseconds))
        until = max(until, _end(span))
    return busy


def _end(span: Span) -> int:
    return span.start_nanoseconds + span.duration_nanoseconds


def _verdict(walk: Walk, message: str) -> Attribution:
    culprit, path = walk.culprit, [span.service for span in walk.chain]
    origin = _origin(culprit)
    if walk.peer:
        origin = ErrorOrigin(walk.peer, _asked(culprit), None, None, culprit.environment)
        path.append(walk.peer)
    return Attribution(origin, _steps(path), message, repeaters=tuple(map(_repeater, walk.repeaters)))


def _repeater(walk: Walk) -> Repeater:
    repeats = RepeatedCall(walk.calls[0].operation, len(walk.calls))
    return Repeater(_origin(walk.culprit), _steps([span.service for span in walk.chain]), repeats)


def _origin(span: Span) -> ErrorOrigin:
    return ErrorOrigin(
        span.service, span.operation, span.zone or None, span.version or None, span.environment
    )


def _peer(span: Span, trace: CallTree) -> str:
    """Return the name of the other side of a call that sent no span of its own, as the map has it.

    A store is what its caller says; of others the mesh, where it carried the call, knows best.
    """
    own = _party(span, trace)
    if own.kind in STORES:
        return own.name
    carrying = (child for child in trace.children.get(span.span_id, ()) if trace.is_hop(child))
    handed_to = (_party(hop, trace).name for hop in carrying if not _is_self_made(hop))
    name = next(filter(None, handed_to), own.name)
    if is_named(name) or trace.is_hop(span):
        return name
    return unnamed(name, f"{span.namespace}/{span.service}" if span.namespace else span.service)


def _party(span: Span, trace: CallTree) -> Party:
    attributes, is_proxy = dict(span.attributes), trace.is_hop(span)
    if is_proxy and _is_self_made(span):
        return Party("external", "")
    return party_of(attributes, span.kind, is_proxy=is_proxy, cluster=cluster_of(attributes))


def _is_self_made(hop: Span) -> bool:
    """Return whether a proxy ended the call itself, without an upstream."""
    flags = dict(hop.attributes).get("response_flags", "").split(",")
    return not _SELF_MADE.isdisjoint(flags)


def named(one: Attribution, names: ServiceNames) -> Attribution:
    """Return an attribution with the names that services and parties have on the map."""
    path = [names.party(name) for name in one.path]
    origin = replace(one.origin, service=names.party(one.origin.service))
    return replace(one, origin=origin, path=_steps(path))


def _steps(path: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for n, name in enumerate(path) if n == 0 or name != path[n - 1])


def _asked(span: Span) -> str:
    """Return what a call asked for: its span name, with the path where the name is only a method."""
    attributes = dict(span.attributes)
    route = attributes.get("http.route") or attributes.get("url.path") or attributes.get("http.target", "")
    return (
        f"{span.operation} {route.partition('?')[0]}"
        if route and " " not in span.operation
        else span.operation
    )


def _message(chain: Sequence[Span], tries: int, otherwise: str) -> str:
    """Return what the deepest failed span says, or one above it where it says only that it failed."""
    failures = [words for span in reversed(chain) if (words := failure(span))]
    said = next((words for words in failures if words != FAILED), failures[0] if failures else otherwise)
    return said + (f", {tries - 1} {'retry' if tries == 2 else 'retries'}" if tries > 1 else "")


def _words(origin: ErrorOrigin) -> tuple[str, str, str, str, str]:
    return (origin.service, origin.operation, origin.zone or "", origin.version or "", origin.environment)
