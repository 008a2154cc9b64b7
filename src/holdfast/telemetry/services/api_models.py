"""What services over HTTP take and answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from holdfast.catalog.model import Link
from holdfast.runtime.queries import Cursor, From, Limit, Step, To
from holdfast.telemetry.identity.queries import Environment, Namespace, Region
from holdfast.telemetry.services.failed_before import Before
from holdfast.telemetry.services.idle_body import IdleBody
from holdfast.telemetry.services.stopped_body import StoppedInstancesBody


class ServiceQuery(BaseModel):
    """A range of time, and which of several services of one name."""

    model_config = ConfigDict(extra="forbid")

    start: From = None
    end: To = None
    environment: Environment = None
    namespace: Namespace = None


class ServicesQuery(ServiceQuery):
    """A page of the services in an environment, namespace and region, with `q` in their name."""

    region: Region = None
    q: Annotated[str, Field(max_length=200)] = ""
    cursor: Cursor = None
    limit: Limit = 200


class ServiceSeriesQuery(ServiceQuery):
    """A chart's step, and the operation to which it is limited."""

    step: Step = None
    operation: Annotated[str | None, Field(max_length=300)] = None


class OperationBody(BaseModel):
    """Rate, errors and duration of one operation over the range."""

    operation: str
    kind: str
    requests: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None


class ObjectiveStateBody(BaseModel):
    """An objective of the service and its state.

    `environment` and `namespace` are those whose spans it counts: null is any, empty is spans without one.
    `burn_state` says whether its budget burns now, also while its `state` is exhausted.
    """

    name: str
    display_name: str
    state: str
    burn_state: str
    environment: str | None
    namespace: str | None


class FailedBeforeBody(BaseModel):
    """Calls that fail before they reach a service: in the `mesh`, or at the `connection`, where it is most.

    `callers` are those with most of them. `zone` is the callers' zone in which they fail, empty if in all.
    """

    calls: int
    failed: int
    ratio: float
    where: Before
    zone: str
    callers: list[str]
    sentence: str


class NowBody(BaseModel):
    """What a service handled in the range's last five minutes, and the worst that is unusual about it.

    `reason` is `failing`, `silent`, `burning`, `slow`, `zone_silent` (its other zones carry its calls),
    `idle` (its callers fail before it), `quieter`, `busier` or `usual`; `needs_attention` is true for the
    first five, and `sentence` says it in words. `is_slow` says that p99 is far above what is usual, also
    where something else is worse. `failed_before` is set if it is failing as its callers see it, in calls of
    which it sends no span.
    """

    requests: int
    errors: int
    p99_seconds: float | None
    is_slow: bool
    reason: str
    needs_attention: bool
    sentence: str
    failed_before: FailedBeforeBody | None


class UsualBody(BaseModel):
    """What is usual for a service at this hour, and what that was computed of."""

    rate_per_second: float
    error_ratio: float
    p99_seconds: float | None
    of: str


class LinesBody(BaseModel):
    """The shape of the last hour, or of a longer range, in equal steps; the step under way is omitted."""

    requests: list[int]
    errors: list[int]
    p99_seconds: list[float | None]


class SilentZoneBody(BaseModel):
    """A zone from which a service sent spans and stopped; `since` is the end of its last slice."""

    zone: str
    since: datetime


class SilenceQuery(BaseModel):
    """Which services are meant."""

    model_config = ConfigDict(extra="forbid")

    environment: Environment = None
    namespace: Namespace = None


class SilenceBody(BaseModel):
    """A service that is silent, or silent in some zones, or idle: see a service's fields of these names."""

    service: str
    environment: str
    namespace: str
    silent_since: datetime | None
    silent_zones: list[SilentZoneBody]
    idle: IdleBody | None
    stopped_instances: StoppedInstancesBody | None


class LostZoneBody(BaseModel):
    """A zone in which everything is silent: since when, and how many `services`, with some of their names."""

    zone: str
    environment: str
    since: datetime
    services: int
    names: list[str]


class SilenceList(BaseModel):
    """The services that fell silent last, at most 200, and the zones in which everything is silent."""

    items: list[SilenceBody]
    lost_zones: list[LostZoneBody]


class ServiceBody(BaseModel):
    """One service over the range. `error_ratio` is null without requests, never zero by default.

    `environment` and `namespace` are empty if telemetry names none; `label` is its name, with what
    distinguishes it if several services have that name. `worst_state` and `worst_burn_state` are those of its
    worst objective. `usual` is null where too little is stored to compare with. `silent_zones` fell silent
    while another may send on; `silent_since` is set if the whole service did; `stopped_instances` ended while
    the others go on. They are of now, for any range. A service with `idle` has less to do because another
    fails before it, and is not silent. `is_mesh_hop` is true for a proxy that only forwards
    calls; it never needs attention, their destination does.
    """

    name: str
    environment: str
    namespace: str
    label: str
    display_name: str
    team: str | None
    tier: str | None
    requests: int
    rate_per_second: float
    errors: int
    error_ratio: float | None
    p50_seconds: float | None
    p90_seconds: float | None
    p99_seconds: float | None
    regions: list[str]
    zones: list[str]
    versions: list[str]
    last_seen: datetime | None
    silent_since: datetime | None
    silent_zones: list[SilentZoneBody]
    idle: IdleBody | None
    stopped_instances: StoppedInstancesBody | None
    is_mesh_hop: bool
    objectives: int
    worst_state: str | None
    worst_burn_state: str | None
    now: NowBody
    usual: UsualBody | None
    lines: LinesBody


class ServiceList(BaseModel):
    """Services, busiest first."""

    items: list[ServiceBody]
    next: str | None


class ServiceDetail(ServiceBody):
    """One service with its operations and objectives, and the runbook and links of its catalog entry."""

    runbook: str | None
    links: list[Link]
    operations: list[OperationBody]
    objectives_list: list[ObjectiveStateBody]
