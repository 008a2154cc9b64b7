"""Finds the services that are idle because their callers fail: of all services at once, for some seconds."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.as_seen import judged
from holdfast.telemetry.services.call_graph import CallGraph
from holdfast.telemetry.services.idle import LESS_TO_DO, idle
from holdfast.telemetry.services.silence import NOTHING_SILENT
from holdfast.telemetry.services.silences import Silences
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.services.trouble import NOW_SECONDS, Now, ServiceTrouble
from holdfast.telemetry.services.usual_store import UsualStore

KEPT_SECONDS = 10


class IdleReader:
    """Judges all services; asks who calls whom only if one of them has less to do, or is silent."""

    def __init__(
        self, red: RedStore, usual: UsualStore, clock: Clock, *, graph: CallGraph, silences: Silences
    ) -> None:
        self._red = red
        self._usual = usual
        self._graph = graph
        self._silences = silences
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def __call__(self, moment: datetime) -> Mapping[ServiceId, ServiceId]:
        """Return the idle services at a moment, each with the one that fails before it."""
        key = f"{int(moment.timestamp()) // KEPT_SECONDS}"
        return self._kept.recall(key, lambda: self._found(moment))

    def _found(self, moment: datetime) -> Mapping[ServiceId, ServiceId]:
        troubles = self._troubles(moment)
        if not any(trouble.kind in LESS_TO_DO for trouble in troubles.values()):
            return {}
        return idle(troubles, self._graph.calls(moment))

    def _troubles(self, moment: datetime) -> Mapping[ServiceId, ServiceTrouble]:
        """Return what is wrong with every service, as its page says it."""
        known = {one: of.usual for one, of in self._usual.known(moment).items() if of.usual}
        last, until = TimeRange(moment - timedelta(seconds=NOW_SECONDS), moment), int(moment.timestamp())
        now = {one.id: Now(one.red.requests, one.red.errors, None) for one in self._red.services(last, None)}
        silences, before = self._silences(), self._graph.failed_before(moment)
        every = known.keys() | now.keys() | silences.keys() | before.keys()
        return {
            one: judged(
                now.get(one, Now(0, 0, None)),
                known.get(one),
                silences.get(one, NOTHING_SILENT),
                before.get(one),
                until_epoch=until,
            )
            for one in every
        }
