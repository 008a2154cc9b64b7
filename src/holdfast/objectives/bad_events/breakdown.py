"""What bad events have in common and good ones lack: shares by any of their attributes. Pure.

Both kinds are sampled the same way. A value stands out by its share of the bad events less its share of the
good ones, unless chance explains the difference in samples of this size; an attribute stands out by its most
distinctive value.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from holdfast.telemetry.spans.operation_names import folded_name
from holdfast.telemetry.traces.model import SampledSpan

PARTS_MOST = 8
EXEMPLARS_MOST = 3
DIMENSIONS_MOST = 6
VALUES_MOST = 40
"""An attribute with more values among the bad events identifies single events, not what they share."""

LEAST = Fraction(1, 10)
"""A smaller difference of shares is no lead, however significant."""

CHANCE = 3
"""Standard errors a difference has to exceed: many values are compared, and some differ by luck."""

OPERATION, VERSION, ZONE, POD = "operation", "version", "zone", "pod"
USUAL = (OPERATION, VERSION, ZONE, POD)
POD_KEYS = ("k8s.pod.name", "service.instance.id", "host.name")
NOT_SET = ""
CONNECTION_KEYS = frozenset(
    ("client.port", "network.peer.port", "net.peer.port", "net.sock.peer.port", "thread.id", "thread.name")
)
"""Attributes of what carried an event. A connection that stays open carries many, and explains none."""

SINGLE_KEYS = frozenset(
    (
        "http.request.id",
        "messaging.kafka.message.offset",
        "messaging.kafka.offset",
        "messaging.message.conversation_id",
        "messaging.message.id",
        "messaging.message_id",
        "messaging.rabbitmq.message.delivery_tag",
    )
)
"""Attributes that identify one message or request: retries repeat them, and they explain nothing."""


@dataclass(frozen=True, slots=True)
class ValueShare:
    """One value: of the events sampled, how many bad and good ones have it; None for all other values.

    `good_share` is None where there is no good event to compare with. `stands_out` is by how much its share
    of the bad events is larger than its share of the good ones; zero if that is little, or may be chance.
    """

    value: str | None
    bad: int
    bad_share: Fraction
    good: int
    good_share: Fraction | None
    exemplars: tuple[str, ...]
    stands_out: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Dimension:
    """The bad events by one of their attributes, `key`; the shares of the parts sum to 1.

    `by` is the name asked for; for a pod, `key` is the attribute that identifies it. `also` are
    attributes that say the same of the same events.
    """

    by: str
    key: str
    parts: tuple[ValueShare, ...]
    also: tuple[str, ...] = ()

    @property
    def stands_out(self) -> Fraction:
        """By how much its most distinctive value stands out."""
        return max((part.stands_out for part in self.parts if part.value is not None), default=Fraction(0))


@dataclass(frozen=True, slots=True)
class _Event:
    """A sampled span as its values by name: its attributes, and what every span has."""

    trace_id: str
    values: Mapping[str, str]

    def value(self, key: str) -> str:
        """Return the value of an attribute or of what every span has."""
        return self.values.get(key, NOT_SET)


def dimensions(bad: Sequence[SampledSpan], good: Sequence[SampledSpan], by: Iterable[str]) -> list[Dimension]:
    """Return the bad events by each of the attributes asked for, or by the most distinctive ones.

    Without bad events there are none.
    """
    if not bad:
        return []
    bad_events, good_events = [_event(span) for span in bad], [_event(span) for span in good]
    asked = list(dict.fromkeys(by))
    if asked:
        return [_dimension(name, bad_events, good_events) for name in asked]
    found = [_dimension(name, bad_events, good_events) for name in (*USUAL, *_keys(bad))]
    distinctive = [one for one in found if _is_distinctive(one, has_good=bool(good))]
    distinctive.sort(key=lambda one: (-one.stands_out, one.by))
    return _different(distinctive, bad_events, good_events)[:DIMENSIONS_MOST]


def _event(span: SampledSpan) -> _Event:
    known = {OPERATION: folded_name(span.operation), VERSION: span.version, ZONE: span.zone}
    return _Event(span.trace_id, dict(span.attributes) | known)


def _different(found: Sequence[Dimension], bad: Sequence[_Event], good: Sequence[_Event]) -> list[Dimension]:
    """Put together what says the same: `error.type` 504 beside `http.response.status_code` 504."""
    kept: dict[str, Dimension] = {}
    said: dict[tuple[object, ...], str] = {}
    for one in found:
        mine = _sayings(one.key, bad, good)
        before = next((said[saying] for saying in mine if saying in said), None)
        if before is None or one.by in USUAL:
            kept[one.by] = one
        else:
            kept[before] = replace(kept[before], also=(*kept[before].also, one.by))
        said |= dict.fromkeys(mine, before or one.by)
    return list(kept.values())


def _sayings(key: str, bad: Sequence[_Event], good: Sequence[_Event]) -> set[tuple[object, ...]]:
    """Return the values of all bad events, and which of all events share one, unless all do."""
    values = tuple(event.value(key) for event in bad)
    groups = _grouping((*values, *(event.value(key) for event in good)))
    return {("values", *values)} | ({("groups", *groups)} if any(groups) else set())


def _grouping(values: Sequence[str]) -> tuple[int, ...]:
    """Return which events share a value: each value is numbered by its first event."""
    first: dict[str, int] = {}
    return tuple(first.setdefault(value, n) for n, value in enumerate(values))


def _is_distinctive(one: Dimension, *, has_good: bool) -> bool:
    """Whether a dimension says more than that all events are alike."""
    is_set = any(part.value for part in one.parts)
    return is_set and (len(one.parts) > 1 or one.stands_out > 0 or not has_good)


def _keys(bad: Sequence[SampledSpan]) -> list[str]:
    values: dict[str, set[str]] = {}
    for span in bad:
        for key, value in span.attributes:
            values.setdefault(key, set()).add(value)
    known = {
        "service.version",
        "cloud.availability_zone",
        "service.name",
        *POD_KEYS,
        *CONNECTION_KEYS,
        *SINGLE_KEYS,
    }
    return sorted(key for key, found in values.items() if key not in known and len(found) <= VALUES_MOST)


def _dimension(by: str, bad: Sequence[_Event], good: Sequence[_Event]) -> Dimension:
    key = _key(by, bad)
    of_bad, of_good = ([event.value(key) for event in events] for events in (bad, good))
    counted, baseline = Counter(of_bad), Counter(of_good)
    frequent = sorted(counted, key=lambda value: (-counted[value], value))
    # With more values than places, the last place goes to "everything else".
    named = frequent if len(frequent) <= PARTS_MOST else frequent[: PARTS_MOST - 1]
    parts = [_part(value, counted, baseline, _exemplars(value, of_bad, bad)) for value in named]
    rest_bad = len(bad) - sum(part.bad for part in parts)
    rest_good = len(good) - sum(part.good for part in parts)
    if rest_bad or rest_good:
        share = Fraction(rest_bad, len(bad))
        parts.append(ValueShare(None, rest_bad, share, rest_good, _share(rest_good, len(good)), ()))
    return Dimension(by, key, tuple(parts))


def _part(
    value: str, bad: Mapping[str, int], good: Mapping[str, int], exemplars: tuple[str, ...]
) -> ValueShare:
    n_bad, n_good = bad[value], good.get(value, 0)
    whole_bad, whole_good = sum(bad.values()), sum(good.values())
    bad_share, good_share = Fraction(n_bad, whole_bad), _share(n_good, whole_good)
    more = excess(n_bad, whole_bad, n_good, whole_good)
    return ValueShare(value, n_bad, bad_share, n_good, good_share, exemplars, more)


def excess(n_bad: int, bad: int, n_good: int, good: int) -> Fraction:
    """Return by how much n_bad/bad exceeds n_good/good, or zero if it is little or may be chance.

    The standard error is that of two shares of one population (the two-proportion z-test, pooled).
    """
    if not (bad and good):
        return Fraction(0)
    more = Fraction(n_bad, bad) - Fraction(n_good, good)
    pooled = Fraction(n_bad + n_good, bad + good)
    variance = pooled * (1 - pooled) * (Fraction(1, bad) + Fraction(1, good))
    return more if more >= LEAST and more * more > CHANCE * CHANCE * variance else Fraction(0)


def _share(count: int, whole: int) -> Fraction | None:
    return Fraction(count, whole) if whole else None


def _exemplars(value: str, values: Sequence[str], events: Sequence[_Event]) -> tuple[str, ...]:
    found = (event.trace_id for one, event in zip(values, events, strict=True) if one == value)
    return tuple(dict.fromkeys(found))[:EXEMPLARS_MOST]


def _key(by: str, events: Sequence[_Event]) -> str:
    if by != POD:
        return by
    return next((key for key in POD_KEYS if any(key in event.values for event in events)), POD_KEYS[0])
