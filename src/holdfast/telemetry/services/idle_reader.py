"""Finds the services that are idle because their callers fail: of all services at once, for some seconds."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.services.call_graph import CallsAt
from holdfast.telemetry.services.idle import LESS_TO_DO, idle
from holdfast.telemetry.services.store import RedStore
from holdfast.telemetry.services.trouble import NOW_SECONDS, Now, judge
from holdfast.telemetry.services.usual_store import UsualStore

KEPT_SECONDS = 10


class IdleReader:
    """Judges all services that have a usual; asks who calls whom only if one of them has less to do."""

    def __init__(self, red: RedStore, usual: UsualStore, clock: Clock, *, calls: CallsAt) -> None:
        self._red = red
        self._usual = usual
        self._calls = calls
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def __call__(self, moment: datetime) -> Mapping[ServiceId, ServiceId]:
        """Return the idle services at a moment, each with the one that fails before it."""
        key = f"{int(moment.timestamp()) // KEPT_SECONDS}"
        return self._kept.recall(key, lambda: self._found(moment))

    def _found(self, moment: datetime) -> Mapping[ServiceId, ServiceId]:
        known = {one: of.usual for one, of in self._usual.known(moment).items() if of.usual}
        last = TimeRange(moment - timedelta(seconds=NOW_SECONDS), moment)
        now = {one.id: Now(one.red.requests, one.red.errors, None) for one in self._red.services(last, None)}
        troubles = {
            one: judge(now.get(one, Now(0, 0, None)), known.get(one)) for one in known.keys() | now.keys()
        }
        if not any(trouble.kind in LESS_TO_DO for trouble in troubles.values()):
            return {}
        return idle(troubles, self._calls(moment))
