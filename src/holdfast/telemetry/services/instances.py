"""Reads which instances stopped while others of their service go on: of all services, for half a minute."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from holdfast.runtime.clock import Clock
from holdfast.runtime.remembered import Remembered
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import AS_SENT, ServiceNames
from holdfast.telemetry.services.instance_tables import INSTANCES
from holdfast.telemetry.services.stopped import (
    MINUTE_SECONDS,
    QUIET_SECONDS,
    STEADY_MINUTES,
    Instance,
    StoppedInstances,
    fact_of,
    stopped,
)
from holdfast.telemetry.warehouse.instants import between
from holdfast.telemetry.warehouse.protocol import Warehouse

LOOKED_BACK_SECONDS, NEWS_SECONDS = 7_200, 3_600
"""How far back instances are read, and how long a stopped one is news."""

KEPT_SECONDS = 30
SERVICES_MOST, ENDED_MOST, STARTS_MOST = 200, 200, 1_000
"""Most services with stopped instances, and instances of each, that are looked at."""

COMPARED_SECONDS = 300
"""The time before and after an end in which the requests of a service are compared."""

_ID = "Service, Namespace, Environment"
_WITHIN = between("Slice", "since", "until")


@dataclass(frozen=True, slots=True)
class _Found:
    going_on: int
    ended: tuple[Instance, ...]
    starts: tuple[int, ...]


class StoppedReader:
    """Finds stopped instances; lives as long as the process."""

    def __init__(self, warehouse: Warehouse, clock: Clock, names: ServiceNames = AS_SENT) -> None:
        self._warehouse = warehouse
        self._names = names
        self._kept = Remembered(clock, seconds=KEPT_SECONDS)

    def __call__(
        self, complete: datetime, scaled: Mapping[str, Collection[int]]
    ) -> Mapping[ServiceId, StoppedInstances]:
        """Return the fact about each service of which instances stopped; `scaled` is when it was scaled."""
        return self._kept.recall("now", lambda: self._read(int(complete.timestamp()), scaled))

    def _read(
        self, complete: int, scaled: Mapping[str, Collection[int]]
    ) -> Mapping[ServiceId, StoppedInstances]:
        until = complete // MINUTE_SECONDS * MINUTE_SECONDS
        gone, going_on = {}, {}
        for one, found in self._found(until).items():
            of_service = scaled.get(one.name, ())
            missing = stopped(
                found.ended,
                found.starts,
                going_on=found.going_on,
                complete_epoch=until,
                scaled=of_service,
            )
            if missing:
                gone[one], going_on[one] = missing, found.going_on
        minutes = self._minutes(until, gone) if gone else {}
        facts = {
            one: fact_of(
                missing,
                going_on=going_on[one],
                before=_rate(minutes.get(one, {}), missing[0].until_epoch - MINUTE_SECONDS, -1),
                after=_rate(minutes.get(one, {}), missing[-1].until_epoch, 1, until),
            )
            for one, missing in gone.items()
        }
        return {one: fact for one, fact in facts.items() if fact is not None}

    def _found(self, until: int) -> Mapping[ServiceId, _Found]:
        is_ended = (
            f"last < {{until:UInt32}} - {QUIET_SECONDS} AND last >= {{until:UInt32}} - {NEWS_SECONDS} "
            f"AND minutes >= {STEADY_MINUTES}"
        )
        ended = ", ".join(
            f"groupArrayIf({ENDED_MOST})({column}, {is_ended})"
            for column in ("Instance", "first", "last", "minutes", "requests")
        )
        rows = self._warehouse.query(
            f"SELECT {_ID}, countIf(last >= {{until:UInt32}} - {QUIET_SECONDS}) AS going_on, "
            f"countIf({is_ended}) AS ended, groupArrayIf({STARTS_MOST})(first, first > {{begun:UInt32}}), "
            f"{ended} FROM (SELECT {_ID}, Instance, toUInt32(min(Slice)) AS first, "
            "toUInt32(max(Slice)) AS last, uniqExact(Slice) AS minutes, sum(Requests) AS requests "
            f"FROM {INSTANCES} WHERE {_WITHIN} GROUP BY {_ID}, Instance ORDER BY last DESC, Instance) "
            f"GROUP BY {_ID} HAVING going_on > 0 AND ended > 0 ORDER BY {_ID} LIMIT {SERVICES_MOST}",
            {**_bounds(until), "begun": max(0, until - LOOKED_BACK_SECONDS + 2 * MINUTE_SECONDS)},
        )
        return {
            self._id(*of): _Found(going_on, _instances(columns), tuple(starts))
            for *of, going_on, _, starts, names, firsts, lasts, minutes, requests in rows
            for columns in [(names, firsts, lasts, minutes, requests)]
        }

    def _minutes(self, until: int, services: Collection[ServiceId]) -> Mapping[ServiceId, Mapping[int, int]]:
        """Return the requests of some services by minute."""
        names = sorted({sent for one in services for sent in self._names.sent_as(one.name)})
        rows = self._warehouse.query(
            f"SELECT {_ID}, toUInt32(Slice), sum(Requests) FROM {INSTANCES} "
            f"WHERE {_WITHIN} AND Service IN {{names:Array(String)}} GROUP BY {_ID}, Slice",
            {**_bounds(until), "names": names},
        )
        found: dict[ServiceId, dict[int, int]] = {}
        for *of, minute, requests in rows:
            found.setdefault(self._id(*of), {})[minute] = requests
        return found

    def _id(self, name: str, namespace: str, environment: str) -> ServiceId:
        return ServiceId(self._names.called(name), namespace, environment)


def _bounds(until: int) -> dict[str, int]:
    return {"since": max(0, until - LOOKED_BACK_SECONDS), "until": until}


def _instances(columns: Sequence[Sequence[Any]]) -> tuple[Instance, ...]:
    return tuple(
        Instance(name, first, last + MINUTE_SECONDS, minutes, requests)
        for name, first, last, minutes, requests in zip(*columns, strict=True)
    )


def _rate(minutes: Mapping[int, int], at: int, direction: int, until: int = 2**32) -> float:
    """Return requests per minute in the minutes before (-1) or after (1) an instant, without its own."""
    steps = range(1, COMPARED_SECONDS // MINUTE_SECONDS + 1)
    chosen = [at + direction * step * MINUTE_SECONDS for step in steps]
    counted = [minutes.get(minute, 0) for minute in chosen if minute < until]
    return sum(counted) / len(counted) if counted else 0.0
