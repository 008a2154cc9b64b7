"""What was asked of a party that sends no spans, and what it answered: of its callers' spans.

The map knows how many calls failed; only the spans know which operation they were and what came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from holdfast.runtime.errors import Invalid
from holdfast.runtime.timerange import TimeRange
from holdfast.telemetry.identity.model import ServiceId
from holdfast.telemetry.identity.service_names import ServiceNames
from holdfast.telemetry.model import Percentiles
from holdfast.telemetry.servicemap.calls import meant
from holdfast.telemetry.servicemap.ends import Pair
from holdfast.telemetry.servicemap.model import SERVICE
from holdfast.telemetry.servicemap.sides import answers_select
from holdfast.telemetry.servicemap.store import MapStore
from holdfast.telemetry.spans.latency_buckets import percentiles
from holdfast.telemetry.warehouse.instants import between, nanoseconds_within
from holdfast.telemetry.warehouse.protocol import Warehouse

READ_MOST = timedelta(hours=1)
"""The longest range whose spans are read: of a longer one its end."""

OPERATIONS_MOST, ANSWERS_MOST = 50, 20


@dataclass(frozen=True, slots=True)
class AskedOperation:
    """One operation that one service asks of a party."""

    caller: ServiceId
    name: str
    calls: int
    errors: int
    latency: Percentiles


@dataclass(frozen=True, slots=True)
class PartyAnswer:
    """One kind of answer: an HTTP status, `gRPC 14`, the type of an error, or `answered`."""

    words: str
    calls: int
    errors: int


@dataclass(frozen=True, slots=True)
class PartyAnswers:
    """What was asked of a party over a range, most calls first, and what it answered."""

    within: TimeRange
    operations: tuple[AskedOperation, ...]
    answers: tuple[PartyAnswer, ...]


class AnswersReader:
    """Reads the spans of a party's callers."""

    def __init__(self, warehouse: Warehouse, names: ServiceNames) -> None:
        self._warehouse = warehouse
        self._store = MapStore(warehouse)
        self._names = names

    def answers(self, within: TimeRange, target: str) -> PartyAnswers:
        """Return what was asked of a node, by its id, and what it answered, in the range's last hour.

        Raises:
            Invalid: it is a service, whose own spans say more.
            NotFound: the range has no call of it.
        """
        found = meant(self._store, self._names, within, "", target)
        if any(edge.callee.kind == SERVICE for _, edge in found):
            raise Invalid(
                f"{target} sends spans; its operations are those of the service",
                value=target,
                rule="a node that sends no spans",
            )
        read = TimeRange(max(within.start, within.end - READ_MOST), within.end)
        pairs = [pair for pair, _ in found]
        return PartyAnswers(read, self._operations(read, pairs), self._answers(read, pairs))

    def _operations(self, within: TimeRange, pairs: Sequence[Pair]) -> tuple[AskedOperation, ...]:
        rows = self._warehouse.query(
            "SELECT Service, Namespace, Environment, Operation, sum(Weight) AS calls, "
            f"sumIf(Weight, IsError), sumMap([Bucket], [toUInt64(Weight)]) FROM ({_CALLS}) WHERE {_IS_MEANT} "
            f"GROUP BY Service, Namespace, Environment, Operation ORDER BY calls DESC, Operation "
            f"LIMIT {OPERATIONS_MOST}",
            _parameters(within, pairs),
        )
        return tuple(
            AskedOperation(
                ServiceId(self._names.called(service), namespace, environment),
                operation,
                calls,
                errors,
                percentiles([(latency["1"], latency["2"])]),
            )
            for service, namespace, environment, operation, calls, errors, latency in rows
        )

    def _answers(self, within: TimeRange, pairs: Sequence[Pair]) -> tuple[PartyAnswer, ...]:
        rows = self._warehouse.query(
            f"SELECT Answer, sum(Weight) AS calls, sumIf(Weight, IsError) FROM ({_CALLS}) WHERE {_IS_MEANT} "
            f"GROUP BY Answer ORDER BY calls DESC, Answer LIMIT {ANSWERS_MOST}",
            _parameters(within, pairs),
        )
        return tuple(PartyAnswer(words, calls, errors) for words, calls, errors in rows)


_SPANS = (
    "otel_traces WHERE ServiceName IN {callers:Array(String)} "
    f"AND SpanKind IN ('Client', 'Producer') AND {between('Timestamp', 'from_ns', 'to_ns')}"
)
_CALLS = answers_select(_SPANS)
_IS_MEANT = (
    "(Service, toString(PeerKind), Peer) IN "
    "(SELECT arrayJoin(arrayZip({of:Array(String)}, {kinds:Array(String)}, {parties:Array(String)})))"
)


def _parameters(within: TimeRange, pairs: Sequence[Pair]) -> dict[str, object]:
    return {
        **nanoseconds_within(within),
        "callers": sorted({caller.name for caller, _ in pairs}),
        "of": [caller.name for caller, _ in pairs],
        "kinds": [callee.kind for _, callee in pairs],
        "parties": [callee.name for _, callee in pairs],
    }
