"""Where a bad event went wrong: from the span that violated the objective down to its cause. Pure.

From the bad span the walk goes down one child at a time: to the child whose failure failed it (of several,
the last to end, because the earlier ones were retried; one refused with a 4xx only if no other failed), else
to the callee it spent most of its time in, unless it says of itself that it failed, and not for lack of time.
It stops where neither exists: there the error or the time began. Only time counts in which the caller still
waited: not what a callee did after a caller above had given up. A call that took long although its callee was
quick is its caller's own time, unless the mesh had handed it over: then the callee was not ready to take it.
Callers that it passed whose many calls were
each quick are kept: `judged` ends the walk at the last of them that makes more than usual.
Spans of mesh proxies that only carry calls are skipped; a proxy that ends the walk had no upstream to send
its call to. A call whose other side sent no span (a provider, a database) is named after that side.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from holdfast.telemetry.identity.parties import STORES, Party, is_named, party_of, unnamed
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.spans.failures import CALLING
from holdfast.telemetry.spans.response_flags import ResponseFlag, flag_of
from holdfast.telemetry.traces.answers import answer
from holdfast.telemetry.traces.call_tree import CallTree
from holdfast.telemetry.traces.failure import FAILED, failure
from holdfast.telemetry.traces.mesh import cluster_of, is_proxy_name
from holdfast.telemetry.traces.model import HANDLING, Span, http_status, is_failed
from holdfast.telemetry.traces.repeats import CallKey, CallsMade, RepeatedCall, are_repeats
from holdfast.telemetry.traces.waiting import Waited, busy, gave_up_waiting, waited, whole

MOST_OF = 0.5
"""A callee is followed when it took at least this share of its caller's time."""

DEEPEST = 64

SLOW = "slow"
UNFIT = "outside the objective's conditions"
"""The message of bad events that neither failed nor took too long: they lack a required attribute."""


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

    `answer` is what the call that failed got, in a word, and why if the mesh ended it; `slow` if none
    failed. `is_before` says that the mesh ended it before it reached the origin.
    `repeats` is the call that the origin makes too often, if that is the cause. `repeaters` are the callers
    on the way that may be the cause. `is_awaited` says that the origin sent no span of the call, which may
    have reached it: if it sends spans at all, this one may still come, and say more.
    """

    origin: ErrorOrigin
    path: tuple[str, ...]
    message: str
    answer: str = ""
    repeats: RepeatedCall | None = None
    repeaters: tuple[Repeater, ...] = ()
    is_awaited: bool = False
    is_before: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from a bad span to where its trouble began.

    `culprit` is the last span of `chain` that is a side of a call; `peer` is the other side of that call, if
    it sent no span, and `tries` how often the call was made. `repeaters` has the walks to those callers on
    the way that made one call many times; in each, `calls` are these. `flag` is why the mesh ended the call
    to `peer`, if it did.
    """

    chain: tuple[Span, ...]
    culprit: Span
    peer: str
    tries: int
    calls: tuple[Span, ...] = ()
    repeaters: tuple["Walk", ...] = ()
    flag: ResponseFlag | None = None

    @property
    def party(self) -> str:
        """The party where it began."""
        return self.peer or self.culprit.service

    @property
    def is_before(self) -> bool:
        """Whether the mesh ended the call before it reached the party."""
        return self.flag is not None and not self.flag.reached

    @property
    def answer(self) -> str:
        """What the deepest call that failed got: `504`; `503, fault injected` where the mesh ended it."""
        said = answer(self.chain)
        return f"{said}, {self.flag.words}" if self.flag is not None else said


def blame(bad: Span, spans: Iterable[Span], *, slow_from_nanoseconds: int = 0) -> Attribution:
    """Return where the bad span's trouble began, given all stored spans of its trace.

    A span that did not fail is called slow if it took longer than `slow_from_nanoseconds`.
    """
    walk = walked(bad, spans)
    otherwise = SLOW if bad.duration_nanoseconds > slow_from_nanoseconds else UNFIT
    said = walk.answer if any(map(is_failed, walk.chain)) else otherwise
    return replace(_verdict(walk, _message(walk, otherwise)), answer=said)


def walked(bad: Span, spans: Iterable[Span]) -> Walk:
    """Walk down from a span that failed or took long to the span where that began."""
    trace = CallTree.of([bad, *spans])
    at, chain, tries, repeaters = whole(bad), [bad], 1, list[Walk]()
    while len(chain) < DEEPEST:
        step = _next(at, trace)
        if step is None:
            break
        if step.repeats:
            repeaters.append(Walk(tuple(chain), _side_of_a_call(chain, trace), "", tries, step.repeats))
        at = step.to
        chain.append(at.span)
        tries = step.tries if step.tries > 1 else tries
        if step.is_last:
            break
    culprit = _side_of_a_call(chain, trace)
    peer = "" if _is_own_wait(culprit, trace) or not trace.is_call(culprit) else _peer(culprit, trace)
    peer = "" if peer == culprit.service else peer
    flag = _flag(culprit, trace) if peer else None
    return Walk(tuple(chain), culprit, peer, tries, repeaters=tuple(repeaters), flag=flag)


def destinations(spans: Sequence[Span]) -> dict[str, str]:
    """Return the other side of each call of a trace that sent no span there, by the id of the call's span.

    A database, a provider, a queue's broker: what a call is named after, because its callee has no row.
    """
    trace = CallTree.of(spans)
    silent = (span for span in spans if trace.is_call(span) and not trace.is_answered(span))
    found = {span.span_id: _peer(span, trace) for span in silent}
    return {span_id: name for span_id, name in found.items() if name}


def carried_to(spans: Sequence[Span]) -> dict[str, str]:
    """Return the services to which the mesh carried calls, by the ids of its proxies' spans."""
    trace = CallTree.of(spans)
    found = {hop.span_id: _answering(hop, trace) for hop in spans if is_proxy_name(hop.service)}
    return {span_id: name for span_id, name in found.items() if name}


def judged(one: Attribution, usual: CallsMade) -> Attribution:
    """Return an attribution to the last caller on the way that makes more calls than usual, if one does."""
    for caller in reversed(one.repeaters):
        repeats = replace(caller.repeats, usual=usual.times(caller.key))
        if repeats.is_too_many:
            return Attribution(caller.origin, caller.path, one.message, one.answer, repeats)
    return one


@dataclass(frozen=True, slots=True)
class _Descent:
    """The child to follow, how often that call was tried, and the calls it stands for if they are repeats.

    The walk ends there if `is_last`.
    """

    to: Waited
    tries: int = 1
    repeats: tuple[Span, ...] = ()
    is_last: bool = False


def _side_of_a_call(chain: Sequence[Span], trace: CallTree) -> Span:
    last = next((span for span in reversed(chain) if span.kind in HANDLING | CALLING), chain[0])
    if not _is_own_wait(last, trace):
        return last
    return next((span for span in reversed(chain) if span.kind in HANDLING), last)


def _is_own_wait(call: Span, trace: CallTree) -> bool:
    """Whether a call ended the walk because its caller itself was slow: the callee answered, and in time."""
    is_slow = not is_failed(call) or gave_up_waiting(call)
    return is_slow and trace.is_call(call) and trace.is_answered(call)


def _next(at: Waited, trace: CallTree) -> _Descent | None:
    """Return the step to the child to follow, or None where the trouble began."""
    below = [waited(child, at) for child in trace.below(at.span)]
    failed = [child.span for child in below if is_failed(child.span) and not child.is_abandoned]
    if is_failed(at.span) and failed:
        last = max(failed, key=lambda child: (not _is_refused(child), child.end_nanoseconds))
        tries = sum(1 for child in failed if _callee(child) == _callee(last))
        return _Descent(next(child for child in below if child.span is last), tries)
    return None if _is_own_failure(at) else _slowest(at, below, trace)


def _slowest(at: Waited, below: Sequence[Waited], trace: CallTree) -> _Descent | None:
    """Return the step to the callee that most of the time was waited for, or None if there is none."""
    groups: dict[tuple[str, str], list[Waited]] = defaultdict(list)
    for child in below:
        groups[_callee(child.span)].append(child)
    slowest, most = max(groups.values(), key=busy, default=[]), MOST_OF * at.nanoseconds
    if not slowest or busy(slowest) < most:
        return _not_taken(at, below, trace)
    calls = [child.span for child in slowest]
    many = not trace.is_call(at.span) and are_repeats(calls, most_nanoseconds=most)
    longest = max(slowest, key=lambda child: child.nanoseconds)
    return _Descent(longest, repeats=tuple(calls) if many else ())


def _not_taken(at: Waited, below: Sequence[Waited], trace: CallTree) -> _Descent | None:
    """Return the step to a callee that took up a call too late, or None if the caller itself was slow.

    It was handed over when a proxy had it; where no proxy shows that, the caller's word for it counts that it
    waited in vain, unless the callee had answered by then.
    """
    taken = next((child for child in below if child.span.kind in HANDLING), None)
    if taken is None or not trace.is_call(at.span):
        return None
    hops = [waited(hop, at) for hop in trace.carrying(at.span)]
    if hops:
        is_late = busy(hops) >= MOST_OF * at.nanoseconds
    else:
        is_late = gave_up_waiting(at.span) and taken.is_abandoned
    return _Descent(taken, is_last=True) if is_late else None


def _is_own_failure(at: Waited) -> bool:
    """Whether a service says that it failed, and not for the time something took, nor after all had left."""
    said = failure(at.span)
    is_own = at.span.kind in HANDLING and said not in ("", FAILED)
    return is_own and not at.is_abandoned and not gave_up_waiting(at.span)


def _is_refused(call: Span) -> bool:
    status = http_status(call)
    return call.kind in CALLING and status is not None and 400 <= status < 500


def _callee(span: Span) -> tuple[str, str]:
    return (span.service, span.operation)


def _verdict(walk: Walk, message: str) -> Attribution:
    culprit, path = walk.culprit, [span.service for span in walk.chain]
    origin = _origin(culprit)
    if walk.peer:
        origin = ErrorOrigin(walk.peer, _asked(culprit), None, None, culprit.environment)
        path.append(walk.peer)
    repeaters = tuple(map(_repeater, walk.repeaters))
    return Attribution(
        origin,
        _steps(path),
        message,
        repeaters=repeaters,
        is_awaited=walk.peer != "" and not walk.is_before,
        is_before=walk.is_before,
    )


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


def _answering(hop: Span, trace: CallTree) -> str:
    """Return the service that took the call a proxy carried, empty if none sent a span."""
    return next((child.service for child in trace.below(hop) if child.kind in HANDLING), "")


def _party(span: Span, trace: CallTree) -> Party:
    attributes, is_proxy = dict(span.attributes), trace.is_hop(span)
    if is_proxy and _is_self_made(span):
        return Party("external", "")
    return party_of(attributes, span.kind, is_proxy=is_proxy, cluster=cluster_of(attributes))


def _is_self_made(hop: Span) -> bool:
    """Return whether a proxy ended the call itself, without an upstream."""
    flag = flag_of(dict(hop.attributes))
    return flag is not None and flag.is_own


def _flag(call: Span, trace: CallTree) -> ResponseFlag | None:
    """Return why the mesh ended a call, from the first of the proxies that carried it to say so."""
    waiting, seen = list(trace.carrying(call)), set[str]()
    while waiting:
        hop = waiting.pop(0)
        if (flag := flag_of(dict(hop.attributes))) is not None:
            return flag
        seen.add(hop.span_id)
        below = trace.children.get(hop.span_id, ())
        waiting += [one for one in below if trace.is_hop(one) and one.span_id not in seen]
    return None


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


def _message(walk: Walk, otherwise: str) -> str:
    """Return what the deepest failed span says, or one above it where it says only that it failed."""
    tries = walk.tries
    failures = [words for span in reversed(walk.chain) if (words := failure(span))]
    said = next((words for words in failures if words != FAILED), failures[0] if failures else otherwise)
    if walk.flag is not None and failures and walk.flag.words not in said:
        said = f"{said}, {walk.flag.words}"
    return said + (f", {tries - 1} {'retry' if tries == 2 else 'retries'}" if tries > 1 else "")
