"""Turns readings into what the API says. Here exact ratios become floats; nothing is computed after."""

from datetime import timedelta
from fractions import Fraction

from holdfast.catalog.durations import shorthand
from holdfast.objectives.api_models import (
    AlertBody,
    AlertList,
    BreakdownBody,
    BudgetBody,
    BurnBody,
    ContributorBody,
    ContributorList,
    DimensionBody,
    ExemplarBody,
    GoodBody,
    ObjectiveBody,
    ObjectiveDetail,
    ObjectiveList,
    ObjectiveMarkBody,
    ObjectiveSeriesBody,
    PartBody,
    SliBody,
    SummaryBody,
    TierBody,
)
from holdfast.objectives.breakdown import Part
from holdfast.objectives.budget import BudgetState
from holdfast.objectives.burn import (
    SHOWN_WINDOWS,
    Tier,
    burn_rate,
    seconds_until_firing,
    why_left_out,
)
from holdfast.objectives.chance import Evidence as Weight
from holdfast.objectives.chance import weigh
from holdfast.objectives.evaluate import times
from holdfast.objectives.evidence import Breakdown, Contributors, Exemplar
from holdfast.objectives.model import NOTHING, Counts
from holdfast.objectives.reading import Reading
from holdfast.objectives.series import Series, nullable
from holdfast.objectives.service import Listing, Mark, ObjectiveView, Summary
from holdfast.objectives.store import AlertRow
from holdfast.runtime.pages import fitting


def objective_body(view: ObjectiveView) -> ObjectiveBody:
    """Return a view as the API shows it."""
    return ObjectiveBody(**_fields(view))


def objective_list(listing: Listing) -> ObjectiveList:
    """Return a page of objectives."""
    items = fitting(objective_body(view) for view in listing.items)
    return ObjectiveList(items=items, next=listing.after(len(items)), summary=_summary(listing.summary))


def alert_list(rows: list[AlertRow], *, has_more: bool) -> AlertList:
    """Return a page of alerts."""
    items = fitting(alert_body(row) for row in rows)
    is_end = len(items) == len(rows) and not has_more
    return AlertList(items=items, next=None if is_end else str(items[-1].id))


def objective_detail(view: ObjectiveView) -> ObjectiveDetail:
    """Return one objective with everything about it."""
    objective = view.reading.objective
    tiers = [_tier(view, tier) for tier in view.reading.watched.tiers]
    return ObjectiveDetail(
        **_fields(view),
        description=objective.description,
        no_data=objective.no_data.value,
        sli=_sli(view.reading),
        tiers=tiers,
    )


def series_body(name: str, series: Series, marks: list[Mark]) -> ObjectiveSeriesBody:
    """Return a series with its marks."""
    one_hour, six_hours = series.burn
    return ObjectiveSeriesBody(
        name=name,
        step_seconds=series.step_seconds,
        times_epoch=series.times.tolist(),
        good=series.good.tolist(),
        total=series.total.tolist(),
        budget_remaining_ratio=nullable(series.budget_remaining_ratio),
        burn={"1h": nullable(one_hour), "6h": nullable(six_hours)},
        marks=[
            ObjectiveMarkBody(at=mark.at, kind=mark.kind, label=mark.label, href=mark.href) for mark in marks
        ],
    )


def contributor_list(found: Contributors) -> ContributorList:
    """Return where bad events began."""
    items = [
        ContributorBody(
            service=share.origin.service,
            operation=share.origin.operation,
            zone=share.origin.zone,
            version=share.origin.version,
            bad=share.bad,
            share=share.share,
        )
        for share in found.shares
    ]
    return ContributorList(bad=found.bad, sampled=found.sampled, items=fitting(items))


def breakdown_body(found: Breakdown) -> BreakdownBody:
    """Return what bad events have in common."""
    return BreakdownBody(
        bad=found.bad,
        sampled_bad=found.sampled_bad,
        sampled_good=found.sampled_good,
        items=fitting(
            DimensionBody(
                by=one.by,
                key=one.key,
                stands_out=float(one.stands_out),
                parts=[_part(part) for part in one.parts],
            )
            for one in found.dimensions
        ),
    )


def _part(part: Part) -> PartBody:
    return PartBody(
        value=part.value,
        bad=part.bad,
        bad_share=float(part.bad_share),
        good=part.good,
        good_share=None if part.good_share is None else float(part.good_share),
        stands_out=part.stands_out > 0,
        exemplars=list(part.exemplars),
    )


def exemplar_body(exemplar: Exemplar) -> ExemplarBody:
    """Return one bad event."""
    return ExemplarBody(
        trace_id=exemplar.trace_id,
        at=exemplar.at,
        duration_seconds=exemplar.duration_seconds,
        path=" → ".join(exemplar.verdict.path),
        culprit_service=exemplar.verdict.origin.service,
        culprit_operation=exemplar.verdict.origin.operation,
        message=exemplar.verdict.message,
        status_code=exemplar.status_code,
    )


def alert_body(row: AlertRow) -> AlertBody:
    """Return one alert."""
    return AlertBody(
        id=row.id,
        objective=row.objective,
        objective_display_name=row.objective_display_name,
        service=row.service,
        severity=row.severity.value,
        tier=row.tier,
        state=row.state,
        fired_at=row.fired_at,
        resolved_at=row.resolved_at,
        long_rate=row.long_rate,
        short_rate=row.short_rate,
        threshold=row.threshold,
        incident_id=incident_id(row.refers_to),
    )


def _fields(view: ObjectiveView) -> dict[str, object]:
    reading, objective = view.reading, view.reading.objective
    try:
        whole = reading.whole
    except ValueError:
        return _fields_of_nothing(view)
    left, measured_at = reading.exhausted_in_seconds, reading.snapshot.measured_at
    return _plain(view) | {
        "good": whole.good,
        "total": whole.total,
        "bad": whole.bad,
        "attained": whole.good / whole.total if whole.total else None,
        "budget": _budget(reading),
        "burn": [_burn(reading, window) for window in SHOWN_WINDOWS],
        "coverage": float(reading.coverage(objective.window).ratio) if reading.since is not None else 0.0,
        "covered_since": reading.covered_since,
        "reason": view.reason,
        "exhausted_in_seconds": None if left is None else int(left),
        "exhausted_at": None if left is None else measured_at + timedelta(seconds=int(left)),
    }


def _plain(view: ObjectiveView) -> dict[str, object]:
    objective, stance = view.reading.objective, view.stance
    references = [row.refers_to for row in view.firing.values() if row.refers_to]
    return {
        "name": objective.name,
        "display_name": objective.display_name,
        "service": objective.service,
        "team": objective.team,
        "tier": objective.tier,
        "events": objective.events_noun,
        "target": float(objective.target),
        "window": shorthand(objective.window),
        "window_seconds": int(objective.window.total_seconds()),
        "coverage_floor": float(objective.coverage_floor),
        "state": stance.state,
        "state_since": view.state_since,
        "held": stance.held,
        "incident_id": incident_id(references[0]) if references else None,
        "sparkline": list(view.sparkline),
        "measured_at": view.reading.snapshot.measured_at,
    }


def _fields_of_nothing(view: ObjectiveView) -> dict[str, object]:
    """Return the fields of an objective whose counters contradict themselves: nothing is concluded."""
    empty = BurnBody(window="", window_seconds=0, rate=None, good=0, total=0, coverage=0.0)
    burn = [
        empty.model_copy(update={"window": shorthand(window), "window_seconds": int(window.total_seconds())})
        for window in SHOWN_WINDOWS
    ]
    return _plain(view) | {
        "good": 0,
        "total": 0,
        "bad": 0,
        "attained": None,
        "budget": BudgetBody(allowed=0, spent=0, remaining=0, remaining_ratio=None, state=BudgetState.WITHIN),
        "burn": burn,
        "coverage": 0.0,
        "covered_since": None,
        "reason": view.reason,
        "exhausted_in_seconds": None,
        "exhausted_at": None,
    }


def _budget(reading: Reading) -> BudgetBody:
    budget = reading.budget
    return BudgetBody(
        allowed=float(budget.allowed),
        spent=budget.spent,
        remaining=float(budget.remaining),
        remaining_ratio=_float(budget.remaining_ratio),
        state=reading.budget_state,
    )


def _burn(reading: Reading, window: timedelta) -> BurnBody:
    counts = reading.counts(window)
    return BurnBody(
        window=shorthand(window),
        window_seconds=int(window.total_seconds()),
        rate=_float(burn_rate(counts, reading.objective.target)),
        good=counts.good,
        total=counts.total,
        coverage=float(reading.coverage(window).ratio) if reading.since is not None else 0.0,
    )


def _sli(reading: Reading) -> SliBody:
    sli = reading.objective.sli
    limit = sli.good.max_duration_nanoseconds
    return SliBody(
        name=sli.name,
        service=sli.total.service,
        operations=list(sli.total.operations),
        kind=sli.total.kind.value if sli.total.kind else None,
        attributes={key: list(values) for key, values in sli.total.attributes},
        good=GoodBody(
            status=sli.good.status.value if sli.good.status else None,
            max_duration_seconds=None if limit is None else limit / 1e9,
            attributes={
                key: list(values)
                for key, values in sli.good.attributes
                if (key, values) not in sli.total.attributes
            },
        ),
    )


def _tier(view: ObjectiveView, tier: Tier) -> TierBody:
    reading, row = view.reading, view.firing.get(tier.key)
    long, short = _tier_counts(reading, tier)
    target = reading.objective.target
    state, reason = _tier_state(view, tier, row, long)
    wait = seconds_until_firing(tier, long=long, short=short, target=target) if state == "ok" else None
    return TierBody(
        name=tier.name,
        severity=tier.severity.value,
        budget_share=float(tier.budget_share),
        long=shorthand(tier.long),
        long_seconds=int(tier.long.total_seconds()),
        short=shorthand(tier.short),
        short_seconds=int(tier.short.total_seconds()),
        threshold=float(tier.threshold),
        long_rate=_float(burn_rate(long, target)),
        short_rate=_float(burn_rate(short, target)),
        state=state,
        since=row.fired_at if row is not None else None,
        fires_in_seconds=None if wait is None else int(wait),
        reason=reason,
    )


def _tier_counts(reading: Reading, tier: Tier) -> tuple[Counts, Counts]:
    try:
        return reading.counts(tier.long), reading.counts(tier.short)
    except ValueError:
        return NOTHING, NOTHING


def _tier_state(view: ObjectiveView, tier: Tier, row: AlertRow | None, long: Counts) -> tuple[str, str]:
    objective = view.reading.objective
    if tier.left_out is not None:
        return "left_out", why_left_out(tier, objective)
    if view.stance.held:
        words = "held as it is: firing" if row is not None else "held: does not fire without data"
        return "held", words
    if row is not None:
        words = "firing, inhibited by the tier above" if row.state == "inhibited" else "firing"
        return row.state, words
    weight = weigh(long, threshold=tier.threshold, target=objective.target)
    rate = burn_rate(long, objective.target)
    if rate is not None and rate >= tier.threshold and weight is not Weight.ENOUGH:
        return "ok", f"{long.bad} bad of {long.total} could be chance: not enough to tell a fault"
    return "ok", f"below {times(tier.threshold)}"


def _summary(summary: Summary) -> SummaryBody:
    states = {state.value: count for state, count in summary.by_state.items()}
    return SummaryBody(total=summary.total, bad_last_hour=summary.bad_last_hour, **states)


def incident_id(refers_to: str | None) -> int | None:
    """Return 7 for `incident/7`, None for anything else."""
    kind, _, number = (refers_to or "").partition("/")
    return int(number) if kind == "incident" and number.isdigit() else None


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
