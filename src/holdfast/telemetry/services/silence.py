"""When a zone from which a service sent spans counts as silent. Pure.

A service is silent in a zone when it stops there while nothing explains it: not a restart, whose successor
sends again within `QUIET_SECONDS`; nor a sender that always pauses so long; one that sent for a moment only;
one that a recorded scale change ended; and one whose work another zone of it took over as it stopped.

A zone is lost when all that sent from it is silent. That several senders pause at once is no chance, so it is
known much earlier than of one service alone: after `ZONE_QUIET_SECONDS`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.stopped import StoppedInstances

QUIET_SECONDS = 120
"""Shortest silence: SDKs export every 5 s, collectors retry for up to a minute, restarts take a minute."""

ZONE_QUIET_SECONDS = 30
"""Shortest silence of a whole zone: two exports are missed by senders that export every 15 s, the slowest."""

ZONE_SERVICES = 2
"""A zone is lost with this many services that were busy in it: one alone may have stopped by itself."""

BUSY_RATIO = 0.5
"""A busy sender has spans in this part of its slices."""

PAUSES = 3
"""A sender is silent after three times the longest pause of the hour before: once or twice may be chance."""

SLICE_SECONDS = 10
PACE_SECONDS = 3600
"""The time before the last span that shows the sender's pace."""

STEADY_SLICES = 6
"""Slices of ten seconds with spans within the pace: who sent for less than a minute in all is not missed."""

SCALED_BEFORE_SECONDS, SCALED_AFTER_SECONDS = 600, 60
"""A scale change ends a zone within ten minutes; some record it only once it is done."""

MOVED_SECONDS = 300
"""A replica that moves appears in its new zone within five minutes of its end."""


class Verdict(StrEnum):
    """Why a zone counts as silent or not."""

    SILENT = "silent"
    SENDING = "sending"
    PAUSING = "pausing"
    BRIEF = "brief"
    SCALED = "scaled"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class ZoneSender:
    """What a service sent from one zone, empty if it names none; times in seconds since 1970.

    `until_epoch` is the end of its last slice, `slices` those with spans in the hour before it, and
    `longest_pause_seconds` the longest time between two of them. `usual_pause_seconds` is the third longest:
    an earlier outage or two within the hour are no pace.
    """

    service: ServiceId
    zone: str
    first_epoch: int
    until_epoch: int
    slices: int
    longest_pause_seconds: int
    usual_pause_seconds: int = 0

    @property
    def place(self) -> "Place":
        """The environment and the zone it sent from."""
        return self.service.environment, self.zone


Place = tuple[str, str]
"""An environment and a zone of it: zones of two environments may share a name."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What a service no longer sends: its silent zones with since when, and itself if all of it is silent.

    `instances` stopped while the service goes on, which is a fact and no trouble. `idle_behind` is the
    service that fails before it, if that is why: then its silence is an effect, and nothing of it is lost.
    `lost_zones` are those of its silent zones in which everything else is silent too.
    """

    zones: tuple[tuple[str, int], ...] = ()
    since_epoch: int | None = None
    instances: StoppedInstances | None = None
    idle_behind: str = ""
    lost_zones: tuple[str, ...] = ()

    def zones_at(self, epoch: int) -> tuple[str, ...]:
        """Return the zones that were silent at an instant already."""
        return tuple(zone for zone, since in self.zones if since <= epoch)

    def is_whole_at(self, epoch: int) -> bool:
        """Return whether all of the service was silent at an instant already."""
        return self.since_epoch is not None and self.since_epoch + QUIET_SECONDS <= epoch

    @property
    def latest_epoch(self) -> int:
        """When it fell silent last, in any zone or instance, or altogether; 0 if nothing is silent."""
        of_instances = self.instances.since_epoch if self.instances else 0
        return max((self.since_epoch or 0, of_instances, *(since for _, since in self.zones)))


NOTHING_SILENT = Silence()


@dataclass(frozen=True, slots=True)
class LostZone:
    """A zone in which all services are silent: since when, and which."""

    environment: str
    zone: str
    since_epoch: int
    services: tuple[ServiceId, ...]


def quiet_zones(ends: Mapping[Place, int], complete_epoch: int) -> frozenset[Place]:
    """Return the zones in which nobody sends, given when each last sent.

    Where no other zone of the environment sends either, the way to Holdfast may be what is interrupted.
    """
    sends = {
        environment for (environment, _), end in ends.items() if complete_epoch - end < ZONE_QUIET_SECONDS
    }
    return frozenset(
        place
        for place, end in ends.items()
        if complete_epoch - end >= (ZONE_QUIET_SECONDS if place[0] in sends else QUIET_SECONDS)
    )


def judged(
    one: ZoneSender,
    complete_epoch: int,
    *,
    firsts: Iterable[int] = (),
    scaled: Iterable[int] = (),
    is_zone_lost: bool = False,
) -> Verdict:
    """Return whether a zone is silent at the instant until which spans are complete, and why.

    `firsts` are when the other zones of the service began to send, `scaled` when it was scaled. Where the
    whole zone is lost, its own pace decides nothing.
    """
    quiet = complete_epoch - one.until_epoch
    if quiet < (ZONE_QUIET_SECONDS if is_zone_lost else QUIET_SECONDS):
        return Verdict.SENDING
    if one.slices < STEADY_SLICES:
        return Verdict.BRIEF
    if not is_zone_lost and quiet < PAUSES * one.longest_pause_seconds:
        return Verdict.PAUSING
    return _explained(one.until_epoch, firsts, scaled) or Verdict.SILENT


def _explained(end: int, firsts: Iterable[int], scaled: Iterable[int]) -> Verdict | None:
    """Return what explains an end, or None."""
    if any(end - SCALED_BEFORE_SECONDS <= at <= end + SCALED_AFTER_SECONDS for at in scaled):
        return Verdict.SCALED
    if any(end - MOVED_SECONDS <= at <= end + MOVED_SECONDS for at in firsts):
        return Verdict.MOVED
    return None


def _is_missed_in(zone_quiet_seconds: int, one: ZoneSender) -> bool:
    """Return whether a sender would have sent within the silence of its zone."""
    active = min(PACE_SECONDS, one.until_epoch - one.first_epoch)
    is_busy = one.slices >= STEADY_SLICES and one.slices * SLICE_SECONDS >= BUSY_RATIO * active
    return is_busy and zone_quiet_seconds >= PAUSES * one.usual_pause_seconds


def _lost(
    senders: Mapping[ServiceId, Collection[ZoneSender]],
    complete_epoch: int,
    quiet: Collection[Place],
    scaled: Mapping[str, Collection[int]],
) -> Mapping[Place, int]:
    """Return since when each lost zone is silent: one that several would have sent from, and nobody does."""
    missed, since = Counter[Place](), dict[Place, int]()
    for service, every in senders.items():
        for one in every:
            if one.place in quiet and not _explained(
                one.until_epoch, _firsts(one, every), scaled.get(service.name, ())
            ):
                missed[one.place] += _is_missed_in(complete_epoch - one.until_epoch, one)
                since[one.place] = max(one.until_epoch, since.get(one.place, 0))
    return {place: since[place] for place, count in missed.items() if count >= ZONE_SERVICES}


def silences(
    senders: Mapping[ServiceId, Collection[ZoneSender]],
    complete_epoch: int,
    *,
    quiet: Collection[Place] = (),
    scaled: Mapping[str, Collection[int]],
) -> Mapping[ServiceId, Silence]:
    """Return what services no longer send, given all their zones of the last day and the quiet zones."""
    lost = _lost(senders, complete_epoch, quiet, scaled)
    found = {
        one: silence(every, complete_epoch, scaled=scaled.get(one.name, ()), lost=lost)
        for one, every in senders.items()
    }
    return {service: one for service, one in found.items() if one != NOTHING_SILENT}


def silence(
    senders: Collection[ZoneSender],
    complete_epoch: int,
    *,
    scaled: Collection[int] = (),
    lost: Mapping[Place, int] | None = None,
) -> Silence:
    """Return what one service no longer sends, given all its zones of the last day.

    `lost` are the lost zones, with since when.
    """
    lost = lost or {}
    verdicts = {
        one: judged(
            one,
            complete_epoch,
            firsts=_firsts(one, senders),
            scaled=scaled,
            is_zone_lost=one.place in lost,
        )
        for one in senders
    }
    sends = any(verdict in (Verdict.SENDING, Verdict.PAUSING) for verdict in verdicts.values())
    silent = {one: _since(one, lost) for one, verdict in verdicts.items() if verdict is Verdict.SILENT}
    return Silence(
        tuple(sorted((one.zone, since) for one, since in silent.items() if one.zone)),
        None if sends or not silent else max(silent.values()),
        lost_zones=tuple(sorted(one.zone for one in silent if one.place in lost)),
    )


def _firsts(one: ZoneSender, every: Collection[ZoneSender]) -> list[int]:
    return [other.first_epoch for other in every if other is not one]


def _since(one: ZoneSender, lost: Mapping[Place, int]) -> int:
    """Return since when a sender is silent: since its zone is, unless it was silent before."""
    end = lost.get(one.place, one.until_epoch)
    return one.until_epoch if judged(one, end) is Verdict.SILENT else end


def lost_zones(silences: Mapping[ServiceId, Silence]) -> tuple[LostZone, ...]:
    """Return the lost zones as one fact each, the latest first."""
    found: dict[Place, dict[ServiceId, int]] = {}
    for service, one in silences.items():
        for zone, since in one.zones:
            if zone in one.lost_zones:
                found.setdefault((service.environment, zone), {})[service] = since
    zones = [
        LostZone(environment, zone, max(services.values()), tuple(sorted(services)))
        for (environment, zone), services in found.items()
    ]
    return tuple(sorted(zones, key=lambda one: (-one.since_epoch, one.environment, one.zone)))
