"""Which versions of a service take traffic, decided minute by minute. Pure.

`judge` folds the complete minutes of one service into what is known of its versions, in order and each once,
so the same minutes give the same answer however many are judged at a time, and wherever a restart falls.

A version *takes traffic* when it has handled a run of requests, and from then on it *serves*: more traffic is
no second change. It is *gone* when it has been silent for longer than chance allows while another version
handled requests; only then can it return. A service without traffic changes nothing, and a version that ran
only in zones that are lost is not gone.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from holdfast.telemetry.warehouse.name_caps import OTHER

WINDOW_MINUTES = 60
"""A run is looked for in this long before the judged minute."""

TAKEN_REQUESTS = 20
"""Fewer are a handful: a person who tries a replica, or a health check that reports its version."""

TAKEN_MINUTES = 2
"""A run has requests in this many different minutes at least: one burst is a smoke test."""

PAUSE_MINUTES = 10
"""A silence longer than this ends a run: what came before it was another."""

GONE_MINUTES = 5
"""A shorter silence is a restart of the only replica, or a sender whose export is late."""

GONE_EXPECTED = 20
"""A version is gone once it missed this many requests at its usual share: by chance 1 in 480 million does."""

UNKNOWN_SHARE = (1, 10)
"""The share of a version that was silent for the whole window, as after a night without requests."""

FIRST_SIGHT_MINUTES = 2
"""Versions seen this soon after the first request of a service are how it was found, not deploys."""

RECENT_MINUTES = 5
"""The share of a version is counted over this many minutes before detection, at most."""


class VersionPhase(StrEnum):
    """The phase of a known version."""

    SERVING = "serving"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version that has taken traffic: its phase, since which minute, and when its service first had it.

    Minutes are counted since 1970.
    """

    phase: VersionPhase
    since: int
    first: int


@dataclass(frozen=True, slots=True)
class VersionRequests:
    """Requests that a version handled in one minute in one place; an absent version is empty."""

    version: str
    minute: int
    requests: int
    zone: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A version that took traffic: since which minute, where, and its share when that was decided.

    `requests` of `total_requests` were its own in the `minutes` up to and including the `judged` one.
    """

    version: str
    since: int
    judged: int
    zones: tuple[str, ...]
    regions: tuple[str, ...]
    requests: int
    total_requests: int
    minutes: int
    returned: bool = False
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A version that takes no traffic any more: since which minute, where it did, and its share until then.

    `requests` of `total_requests` were its own in the `minutes` before; `serving` take the traffic now.
    """

    version: str
    since: int
    zones: tuple[str, ...]
    regions: tuple[str, ...]
    requests: int
    total_requests: int
    minutes: int
    serving: tuple[str, ...]


Known = Mapping[str, KnownVersion]


@dataclass(frozen=True, slots=True)
class JudgedVersions:
    """What is known of the versions of a service after some minutes, and which came and went in them."""

    known: Known
    takings: tuple[Taking, ...]
    goings: tuple[Going, ...] = ()


class Traffic:
    """The requests of one service by version and minute."""

    def __init__(self, handled: Iterable[VersionRequests]) -> None:
        self.rows = defaultdict[str, list[VersionRequests]](list)
        by_version = defaultdict[str, Counter[int]](Counter)
        total: Counter[int] = Counter()
        for one in handled:
            if one.requests > 0:
                self.rows[one.version].append(one)
                by_version[one.version][one.minute] += one.requests
                total[one.minute] += one.requests
        self._lines = {version: _Line.of(counts) for version, counts in by_version.items()}
        self._total = _Line.of(total)

    def versions_at(self, minute: int) -> list[str]:
        """Return the named versions that handled requests in a minute, in order of name."""
        return sorted(v for v, line in self._lines.items() if v not in ("", OTHER) and minute in line.counts)

    def requests(self, version: str, first: int, last: int) -> int:
        """Return the requests of a version from one minute to another, both included."""
        return self._lines.get(version, _NO_LINE).sum(first, last)

    def total(self, first: int, last: int) -> int:
        """Return the requests of all versions from one minute to another, both included."""
        return self._total.sum(first, last)

    def first_in(self, first: int, last: int) -> int:
        """Return the first minute of an interval in which the service handled requests, or its last."""
        return self._total.first(first, last)

    def last_in(self, version: str, first: int, last: int) -> int | None:
        """Return the last minute in an interval in which a version handled requests."""
        return self._lines.get(version, _NO_LINE).last(first, last)

    def run(self, version: str, first: int, last: int) -> list[int]:
        """Return the minutes of the run that ends in `last`, newest first."""
        run: list[int] = []
        for minute in self._lines.get(version, _NO_LINE).backwards(first, last):
            if run and run[-1] - minute > PAUSE_MINUTES:
                break
            run.append(minute)
        return run


@dataclass(frozen=True, slots=True)
class _Line:
    """Requests by minute, with sums up to each."""

    counts: Mapping[int, int] = field(default_factory=dict)
    minutes: tuple[int, ...] = ()
    sums: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, counts: Mapping[int, int]) -> "_Line":
        minutes, sums = tuple(sorted(counts)), [0]
        for minute in minutes:
            sums.append(sums[-1] + counts[minute])
        return cls(counts, minutes, tuple(sums))

    def sum(self, first: int, last: int) -> int:
        return self.sums[bisect_right(self.minutes, last)] - self.sums[bisect_left(self.minutes, first)]

    def first(self, first: int, last: int) -> int:
        at = bisect_left(self.minutes, first)
        return self.minutes[at] if at < len(self.minutes) else last

    def last(self, first: int, last: int) -> int | None:
        return next(self.backwards(first, last), None)

    def backwards(self, first: int, last: int) -> Iterator[int]:
        for at in range(bisect_right(self.minutes, last) - 1, bisect_left(self.minutes, first) - 1, -1):
            yield self.minutes[at]


_NO_LINE = _Line()


def judge(
    traffic: Traffic, known: Known, first: int, until: int, *, lost: Collection[str] = ()
) -> JudgedVersions:
    """Judge the minutes from `first` to before `until`; `traffic` reaches a window further back.

    `lost` are the zones in which everything is silent.
    """
    fold = _Fold(traffic, dict(known), frozenset(lost))
    for minute in range(first, until):
        fold.judge(minute)
    return JudgedVersions(fold.known, tuple(fold.takings), tuple(fold.goings))


class _Fold:
    """What is known of the versions of a service, from minute to minute."""

    def __init__(self, traffic: Traffic, known: dict[str, KnownVersion], lost: frozenset[str]) -> None:
        self.known = known
        self.takings: list[Taking] = []
        self.goings: list[Going] = []
        self._traffic = traffic
        self._lost = lost

    def judge(self, minute: int) -> None:
        present = self._traffic.versions_at(minute)
        serving = tuple(sorted(v for v, one in self.known.items() if one.phase is VersionPhase.SERVING))
        for version in present:
            if version not in serving:
                self._meet(version, minute, serving)
        for version in serving if present else ():
            if version not in present and _is_gone(self._traffic, version, minute):
                self._leave(version, minute, tuple(present))

    def _leave(self, version: str, minute: int, present: tuple[str, ...]) -> None:
        """Note that a version is gone, unless it had a handful or nobody knows since when."""
        start = minute - WINDOW_MINUTES + 1
        last = self._traffic.last_in(version, start, minute)
        going = None if last is None else _going(self._traffic, version, last, present)
        if going and going.zones and self._lost.issuperset(going.zones):
            return
        self.known[version] = KnownVersion(VersionPhase.GONE, minute + 1, self.known[version].first)
        if going and self._traffic.requests(version, start, minute) >= TAKEN_REQUESTS:
            self.goings.append(going)

    def _meet(self, version: str, minute: int, serving: tuple[str, ...]) -> None:
        was = self.known.get(version)
        found_at = min((one.first for one in self.known.values()), default=minute)
        if was is None and minute < found_at + FIRST_SIGHT_MINUTES:
            self.known[version] = KnownVersion(VersionPhase.SERVING, minute, minute)
            return
        first = minute - WINDOW_MINUTES + 1
        # What a version handled before it was gone may arrive late, and is no return.
        run = self._traffic.run(version, max(first, was.since) if was else first, minute)
        if len(run) < TAKEN_MINUTES or self._traffic.requests(version, run[-1], minute) < TAKEN_REQUESTS:
            return
        since = run[-1]
        self.known[version] = KnownVersion(VersionPhase.SERVING, since, was.first if was else since)
        taking = _taking(self._traffic, version, since, minute)
        self.takings.append(replace(taking, returned=was is not None, before=serving))


def _taking(traffic: Traffic, version: str, since: int, minute: int) -> Taking:
    recent = max(since, minute - RECENT_MINUTES + 1)
    rows = [one for one in traffic.rows[version] if since <= one.minute <= minute]
    return Taking(
        version=version,
        since=since,
        judged=minute,
        zones=tuple(sorted({one.zone for one in rows if one.zone})),
        regions=tuple(sorted({one.region for one in rows if one.region})),
        requests=traffic.requests(version, recent, minute),
        total_requests=traffic.total(recent, minute),
        minutes=minute - recent + 1,
    )


def _going(traffic: Traffic, version: str, last: int, present: tuple[str, ...]) -> Going:
    first = last - RECENT_MINUTES + 1
    rows = [one for one in traffic.rows[version] if first <= one.minute <= last]
    return Going(
        version=version,
        since=last + 1,
        zones=tuple(sorted({one.zone for one in rows if one.zone})),
        regions=tuple(sorted({one.region for one in rows if one.region})),
        requests=traffic.requests(version, first, last),
        total_requests=traffic.total(first, last),
        minutes=RECENT_MINUTES,
        serving=present,
    )


def _is_gone(traffic: Traffic, version: str, minute: int) -> bool:
    """Return whether a version's silence up to a minute is longer than chance allows."""
    start = minute - WINDOW_MINUTES + 1
    last = traffic.last_in(version, start, minute)
    if last is None:
        since, own, every = traffic.first_in(start, minute), *UNKNOWN_SHARE
    else:
        since, own, every = last + 1, traffic.requests(version, start, last), traffic.total(start, last)
    return minute - since + 1 >= GONE_MINUTES and own * traffic.total(since, minute) >= GONE_EXPECTED * every
