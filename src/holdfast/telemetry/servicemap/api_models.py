"""What the service map over HTTP takes and answers."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime.queries import From, To
from holdfast.telemetry.identity.model import PlaceFilter
from holdfast.telemetry.identity.queries import Environment, Namespace, Region
from holdfast.telemetry.servicemap.model import Filters
from holdfast.telemetry.servicemap.service import STEPS_MOST
from holdfast.telemetry.services.idle_body import IdleBody
from holdfast.telemetry.services.stopped_body import StoppedInstancesBody
from holdfast.telemetry.services.usual_body import UsualSeriesBody

Zone = Annotated[str, Field(max_length=300, description="Only calls with either end in this zone")]
Version = Annotated[str, Field(max_length=300, description="Only calls with either end of this version")]
Around = Annotated[str, Field(max_length=300, description="Only the neighbourhood of this service or party")]
NodeId = Annotated[str, Field(max_length=700, description="A node's id, as the map has it")]
Steps = Annotated[
    int,
    Field(
        description="How many calls away from `service`, up and down: 1 to 5",
        json_schema_extra={"minimum": 1, "maximum": STEPS_MOST},
    ),
]
"""Checked by the service, whose error is clearer."""


class MapQuery(BaseModel):
    """A range of time, and the calls to which the map is limited."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None
    region: Region = None
    zone: Zone = ""
    version: Version = ""
    around: Around = ""
    steps: Steps = 1

    @property
    def filters(self) -> Filters:
        """The filters asked for."""
        scope = PlaceFilter.named(self.environment, self.namespace, self.region)
        return Filters(scope, self.zone, self.version, self.around, self.steps)


class CallStatisticsBody(BaseModel):
    """Statistics of calls over the range.

    `errors` come from the application and `proxy_errors` from the mesh; no call is in both. Ratios are null
    without calls, never zero by default.
    """

    calls: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    proxy_errors: int
    proxy_error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None


class PartBody(BaseModel):
    """The calls a node received in one zone or version."""

    name: str
    calls: int
    errors: int
    proxy_errors: int


class ZoneBody(PartBody):
    """One zone of a node; it is silent since an instant if its service sent spans from there and stopped."""

    silent_since: datetime | None


class MapNodeBody(CallStatisticsBody):
    """One node with the calls it received.

    `kind` is `service`, `database`, `cache`, `queue` or `external`, `ingress` for outside callers that send
    no spans, or `unknown` for callers whose spans are referenced but were never received. What sends no spans
    is of the environment of those who call it. `label` is its name, with what distinguishes it if several
    nodes have that name. Only services have `zones` and `versions`; `silent_since` is set if all of a service
    is silent, `idle` if that is because another fails before it, and `stopped_instances` if some ended while
    the others go on, now and not only in the range. `reason` and `sentence` say whether the calls of the
    range failed, by the rule of services: `failing` or `usual`, "208 of 1,860 calls fail".
    """

    id: str
    kind: str
    name: str
    environment: str
    namespace: str
    label: str
    display_name: str
    team: str | None
    tier: str | None
    objectives: int
    worst_state: str | None
    worst_burn_state: str | None
    reason: str
    sentence: str
    zones: list[ZoneBody]
    versions: list[PartBody]
    silent_since: datetime | None
    idle: IdleBody | None
    stopped_instances: StoppedInstancesBody | None


class MapEdgeBody(CallStatisticsBody):
    """Calls from the node `source` to the node `target`.

    `retries` are the `calls` that repeated an earlier attempt. `origins` are the services whose messages were
    taken from a queue. `is_settling` edges are so new that they may still grow.
    """

    id: str
    source: str
    target: str
    retries: int
    origins: list[str]
    is_settling: bool


class MapBody(BaseModel):
    """The map over the range.

    Calls after `settled_until` are not on it yet; those since `settling_since` are, and more may follow.
    """

    settled_until: datetime | None
    settling_since: datetime | None
    environments: list[str]
    namespaces: list[str]
    regions: list[str]
    zones: list[str]
    versions: list[str]
    nodes: list[MapNodeBody]
    edges: list[MapEdgeBody]


class CallsQuery(BaseModel):
    """A range of time, and the ids of the nodes whose calls are meant; an empty one is any node."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    source: NodeId = ""
    target: NodeId = ""


class CountedCallsBody(CallStatisticsBody):
    """Calls over a range, with how many of them repeated an earlier attempt."""

    retries: int


class UsualCallsBody(BaseModel):
    """What is usual for these calls at this hour, and what that was computed of.

    `calls` are as many as are usual in a range of this length. `error_ratio` is of calls that failed in the
    application or in the mesh.
    """

    calls: int
    rate_per_second: float
    error_ratio: float
    p99_seconds: float | None
    of: str


class CallsPartBody(CountedCallsBody):
    """The calls of one zone or version."""

    name: str


class CallsOfMapBody(BaseModel):
    """Calls from one node to another, from `start` to `end`: on the map, so not beyond what is joined.

    `usual` is null where too little is stored to compare with; `reason` is what is unusual, as for a service:
    `failing`, `silent`, `slow`, `quieter`, `busier` or `usual`, and `sentence` says it in words. `zones` and
    `versions` are of the end `parts_are_of`, `source` or `target`. The arrays of the series are parallel; it
    covers at least an hour, and steps without calls hold 0 and null. `usual_series` is what is usual at its
    steps, null over ranges of more than a day and until 40 minutes are stored; `usual_begins` is when.
    """

    start: datetime
    end: datetime
    now: CountedCallsBody
    usual: UsualCallsBody | None
    reason: str
    sentence: str
    parts_are_of: str
    zones: list[CallsPartBody]
    versions: list[CallsPartBody]
    step_seconds: int
    times_epoch: list[int]
    calls: list[int]
    errors: list[int]
    proxy_errors: list[int]
    p99_seconds: list[float | None]
    usual_series: UsualSeriesBody | None
    usual_begins: datetime | None


class AnswersQuery(BaseModel):
    """A range of time, and the id of a node that sends no spans."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    target: NodeId


class AskedOperationBody(BaseModel):
    """One operation that one service asks of a party."""

    service: str
    namespace: str
    environment: str
    operation: str
    calls: int
    errors: int
    p50_seconds: float | None
    p99_seconds: float | None


class AnswerBody(BaseModel):
    """One kind of answer: an HTTP status, `gRPC 14`, the type of an error, or `answered`."""

    answer: str
    calls: int
    errors: int


class PartyAnswersBody(BaseModel):
    """What was asked of a party from `start` to `end`, an hour at most, and what it answered; most first."""

    start: datetime
    end: datetime
    operations: list[AskedOperationBody]
    answers: list[AnswerBody]
