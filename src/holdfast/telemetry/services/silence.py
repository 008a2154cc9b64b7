"""When a zone from which a service sent spans counts as silent. Pure.

A zone is lost when it stops while nothing explains it. What is not a lost zone: a restart, whose successor
sends again within `QUIET_SECONDS`; a sender that always pauses so long; one that sent for a moment only; one
that a recorded scale change ended; and one whose work another zone of the service took over as it stopped.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.stopped import StoppedInstances

QUIET_SECONDS = 120
"""Shortest silence: SDKs export every 5 s, collectors retry for up to a minute, restarts take a minute."""

PAUSES = 3
"""A sender is silent after three times the longest pause of the hour before: once or twice may be chance."""

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
    `longest_pause_seconds` the longest time between two of them.
    """

    service: ServiceId
    zone: str
    first_epoch: int
    until_epoch: int
    slices: int
    longest_pause_seconds: int


@dataclass(frozen=True, slots=True)
class Silence:
    """What a service no longer sends: its silent zones with since when, and itself if all of it is silent.

    `instances` stopped while the service goes on, which is a fact and no trouble. `idle_behind` is the
    service that fails before it, if that is why: then its silence is an effect, and nothing of it is lost.
    """

    zones: tuple[tuple[str, int], ...] = ()
    since_epoch: int | None = None
    instances: StoppedInstances | None = None
    idle_behind: str = ""

    def is_whole_at(self, epoch: int) -> bool:
        """Return whether all of the service was silent at an instant already."""
        return self.since_epoch is not None and self.since_epoch + QUIET_SECONDS <= epoch

    @property
    def latest_epoch(self) -> int:
        """When it fell silent last, in any zone or instance, or altogether; 0 if nothing is silent."""
        of_instances = self.instances.since_epoch if self.instances else 0
        return max((self.since_epoch or 0, of_instances, *(since for _, since in self.zones)))


NOTHING_SILENT = Silence()


def judged(
    one: ZoneSender, complete_epoch: int, *, firsts: Iterable[int] = (), scaled: Iterable[int] = ()
) -> Verdict:
    """Return whether a zone is silent at the instant until which spans are complete, and why.

    `firsts` are when the other zones of the service began to send, `scaled` when it was scaled.
    """
    quiet, end = complete_epoch - one.until_epoch, one.until_epoch
    if quiet < QUIET_SECONDS:
        return Verdict.SENDING
    if one.slices < STEADY_SLICES:
        return Verdict.BRIEF
    if quiet < PAUSES * one.longest_pause_seconds:
        return Verdict.PAUSING
    if any(end - SCALED_BEFORE_SECONDS <= at <= end + SCALED_AFTER_SECONDS for at in scaled):
        return Verdict.SCALED
    if any(end - MOVED_SECONDS <= at <= end + MOVED_SECONDS for at in firsts):
        return Verdict.MOVED
    return Verdict.SILENT


def silence(senders: Collection[ZoneSender], complete_epoch: int, *, scaled: Collection[int] = ()) -> Silence:
    """Return what one service no longer sends, given all its zones of the last day."""
    verdicts = {
        one: judged(
            one,
            complete_epoch,
            firsts=[other.first_epoch for other in senders if other is not one],
            scaled=scaled,
        )
        for one in senders
    }
    lost = [one for one, verdict in verdicts.items() if verdict is Verdict.SILENT]
    sends = any(verdict in (Verdict.SENDING, Verdict.PAUSING) for verdict in verdicts.values())
    zones = tuple(sorted((one.zone, one.until_epoch) for one in lost if one.zone))
    return Silence(zones, None if sends or not lost else max(one.until_epoch for one in lost))
