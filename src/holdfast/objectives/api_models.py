"""The API's shapes of objectives and alerts. `api_views` fills them."""

from datetime import datetime

from pydantic import BaseModel

from holdfast.catalog.model import Link
from holdfast.objectives.alerting.explain import AlertStatus, Reason
from holdfast.objectives.budget import BudgetState
from holdfast.objectives.model import BurnState, State


class BudgetBody(BaseModel):
    """Bad events allowed, spent and remaining over the window; `remaining` is negative once overspent.

    `state` is `too_early` when it is overspent, chance explains it, and little of the window is measured:
    `measured_seconds` of it.
    """

    allowed: float
    spent: int
    remaining: float
    remaining_ratio: float | None
    state: BudgetState
    measured_seconds: int


class BurnBody(BaseModel):
    """Burn rate over one window; null without traffic. `coverage` is the part of it that was measured."""

    window: str
    window_seconds: int
    rate: float | None
    good: int
    total: int
    coverage: float


class ObjectiveBody(BaseModel):
    """The status of an objective at `measured_at`; every count is of events up to then.

    `environment` and `namespace` are those whose spans it counts: null is any, empty is spans without one.
    `burn_state` is what its alerts say now, also while its `state` is exhausted; `quiet_since` is when the
    last of them was resolved, null while one fires or if none ever did.
    """

    name: str
    display_name: str
    service: str
    environment: str | None
    namespace: str | None
    team: str | None
    tier: str | None
    events: str
    target: float
    window: str
    window_seconds: int
    good: int
    total: int
    bad: int
    attained: float | None
    budget: BudgetBody
    burn: list[BurnBody]
    coverage: float
    coverage_floor: float
    covered_since: datetime | None
    state: State
    state_since: datetime | None
    burn_state: BurnState
    quiet_since: datetime | None
    reason: str
    held: bool
    exhausted_in_seconds: int | None
    exhausted_at: datetime | None
    incident_id: int | None
    sparkline: list[int]
    measured_at: datetime


class BadEventsBody(BaseModel):
    """The bad events of one noun, such as `orders`: those of `objective`, which has the most of them.

    They are not summed over objectives, because one order may be bad for several.
    """

    events: str
    bad: int
    objective: str
    objective_display_name: str


class SummaryBody(BaseModel):
    """The summary of the list of objectives.

    `burning` counts all that burn, `burning_slowly` those of them whose only alerts are tickets; `exhausted`
    counts all that are exhausted, so one may be in several. `bad_last_hour` sums unlike events; `bad` has
    them by noun, most first.
    """

    total: int
    ok: int
    burning_slowly: int
    burning: int
    exhausted: int
    no_data: int
    bad_last_hour: int
    bad: list[BadEventsBody]


class ObjectiveList(BaseModel):
    """Objectives, worst first."""

    items: list[ObjectiveBody]
    next: str | None
    summary: SummaryBody


class GoodBody(BaseModel):
    """What makes an event good, beyond being counted."""

    status: str | None
    max_duration_seconds: float | None
    attributes: dict[str, list[str]]


class SliBody(BaseModel):
    """Which spans are counted, and which of them are good.

    `environment` and `namespace` null is any, empty is spans without one.
    """

    name: str
    service: str
    environment: str | None
    namespace: str | None
    operations: list[str]
    kind: str | None
    attributes: dict[str, list[str]]
    good: GoodBody


class TierBody(BaseModel):
    """One alert tier: its threshold, the burn against it now, and when it would fire at this rate.

    `status` is what the alert does, `reason_code` the named reason and `reason` the same as a sentence.
    `state` keeps the words of the first version: `inhibited` is covered, `held` suspended, `left_out`
    inactive, `ok` quiet or resolved. `since` is when it fired, `resolved_at` when it ended, while the long
    window still holds that episode.
    """

    name: str
    severity: str
    budget_share: float
    long: str
    long_seconds: int
    short: str
    short_seconds: int
    threshold: float
    long_rate: float | None
    short_rate: float | None
    state: str
    status: AlertStatus
    since: datetime | None
    resolved_at: datetime | None
    fires_in_seconds: int | None
    reason: str
    reason_code: Reason
    covered_by: str | None


class ObjectiveDetail(ObjectiveBody):
    """An objective with what it measures and its alert tiers, worst first.

    `warnings` say which environments or namespaces it counts as one. `runbook` is its own or its service's.
    """

    description: str
    runbook: str | None
    links: list[Link]
    no_data: str
    sli: SliBody
    tiers: list[TierBody]
    warnings: list[str]


class ObjectiveMarkBody(BaseModel):
    """Something that happened, to be drawn on the charts."""

    at: datetime
    kind: str
    label: str
    href: str | None


class ObjectiveSeriesBody(BaseModel):
    """Parallel arrays over steps; ratios are those at the end of the step, null without events."""

    name: str
    step_seconds: int
    times_epoch: list[int]
    good: list[int]
    total: list[int]
    budget_remaining_ratio: list[float | None]
    burn: dict[str, list[float | None]]
    marks: list[ObjectiveMarkBody]


class ContributorBody(BaseModel):
    """Where bad events began, and how many of them.

    `sends_spans` is false for a service known only from calls to it, such as a provider or a database:
    `/services` does not list it. It is false as well in evidence stored before this field existed.
    `answer` is what most of them got there; `is_before` says that the mesh ended most of the calls before
    they reached it.
    """

    service: str
    sends_spans: bool = False
    operation: str
    zone: str | None
    version: str | None
    bad: int
    share: float
    environment: str = ""
    answer: str = ""
    is_before: bool = False


class UnusualPaceBody(BaseModel):
    """An unusual number of events a second in the minutes before `at`, and how many are usual then."""

    at: datetime
    per_second: float
    usual_per_second: float


class ContributorList(BaseModel):
    """Origins of the bad events, most first; `sampled` of them were traced and shares are of those.

    `pace` is how fast events came at the range's end, null where that is as usual.
    """

    bad: int
    sampled: int
    items: list[ContributorBody]
    pace: UnusualPaceBody | None = None


class BreakdownPartBody(BaseModel):
    """One value of an attribute; null stands for all other values, empty for events without the attribute.

    `good_share` is null where there is no good event to compare with. `stands_out` is true if
    its share of the bad events is larger by a tenth or more, and chance does not explain the difference.
    """

    value: str | None
    bad: int
    bad_share: float
    good: int
    good_share: float | None
    stands_out: bool
    exemplars: list[str]


class DimensionBody(BaseModel):
    """The bad events by one attribute, `key`; bad shares sum to 1, as do good ones where there are any.

    `stands_out` is that of its most distinctive value: its share of the bad events less that of the good.
    `also` are attributes that say the same of the same events.
    """

    by: str
    key: str
    also: list[str] = []
    stands_out: float
    parts: list[BreakdownPartBody]


class BreakdownBody(BaseModel):
    """What the bad events have in common: shares of `sampled_bad` of them beside those of good ones."""

    bad: int
    sampled_bad: int
    sampled_good: int
    items: list[DimensionBody]


class ObjectiveExemplarBody(BaseModel):
    """One bad event: its trace, the path of services, where the trouble began and the message there.

    `duration_seconds` is that of the bad span, `trace_seconds` that of its trace, as lists of traces have it.
    """

    trace_id: str
    at: datetime
    duration_seconds: float
    trace_seconds: float
    path: str
    culprit_service: str
    culprit_operation: str
    message: str
    status_code: int | None


class ExemplarList(BaseModel):
    """Bad events, newest first."""

    items: list[ObjectiveExemplarBody]


class AlertBody(BaseModel):
    """One firing of one tier; rates are those at its last transition.

    `status` is what the alert does; `state` keeps the words of the first version: `inhibited` is covered.
    `environment` and `namespace` are those its objective counted when it fired: null is any. `still_firing`
    is the tier in which the episode of an alert goes on that is over itself: the objective is not resolved.
    """

    id: int
    objective: str
    objective_display_name: str
    service: str
    environment: str | None
    namespace: str | None
    severity: str
    tier: str
    state: str
    status: AlertStatus
    fired_at: datetime
    resolved_at: datetime | None
    long_rate: float | None
    short_rate: float | None
    threshold: float
    incident_id: int | None
    still_firing: str | None


class AlertList(BaseModel):
    """Alerts, newest first."""

    items: list[AlertBody]
    next: str | None
