"""Turns evaluations into the API's answers. Exact ratios become floats here; nothing is computed later."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from fractions import Fraction

from holdfast.objectives.alerting.burn import SHOWN_WINDOWS, burn_rate
from holdfast.objectives.alerting.explain import AlertStatus, Explanation
from holdfast.objectives.alerting.sentences import sentence
from holdfast.objectives.api_models import (
    AlertBody,
    AlertList,
    BadEventsBody,
    BreakdownBody,
    BreakdownPartBody,
    BudgetBody,
    BurnBody,
    ContributorBody,
    ContributorList,
    DimensionBody,
    GoodBody,
    ObjectiveBody,
    ObjectiveDetail,
    ObjectiveExemplarBody,
    ObjectiveList,
    ObjectiveMarkBody,
    ObjectiveSeriesBody,
    SliBody,
    SummaryBody,
    TierBody,
    UnusualPaceBody,
)
from holdfast.objectives.bad_events.breakdown import ValueShare
from holdfast.objectives.bad_events.evidence import Breakdown, Contributors
from holdfast.objectives.bad_events.pace import UnusualPace
from holdfast.objectives.bad_events.walks import Exemplar
from holdfast.objectives.budget import BudgetState
from holdfast.objectives.evaluated import ObjectiveEvaluation
from holdfast.objectives.series import Series, nullable
from holdfast.objectives.store import AlertRow
from holdfast.objectives.views import ObjectivePage, ObjectiveView, Summary
from holdfast.runtime.durations import shorthand
from holdfast.runtime.journal import Mark
from holdfast.runtime.pages import fitting


def objective_body(view: ObjectiveView) -> ObjectiveBody:
    """Return a view as the API shows it."""
    return ObjectiveBody(**_fields(view))


def objective_list(listing: ObjectivePage) -> ObjectiveList:
    """Return a page of objectives."""
    items = fitting(objective_body(view) for view in listing.items)
    return ObjectiveList(items=items, next=listing.after(len(items)), summary=_summary(listing.summary))


def alert_list(rows: list[AlertRow], *, has_more: bool) -> AlertList:
    """Return a page of alerts."""
    items = fitting(alert_body(row) for row in rows)
    is_end = len(items) == len(rows) and not has_more
    return AlertList(items=items, next=None if is_end else str(items[-1].id))


def objective_detail(view: ObjectiveView, warnings: Sequence[str]) -> ObjectiveDetail:
    """Return one objective with everything about it."""
    objective = view.evaluation.objective
    tiers = [_tier(one) for one in view.explanations]
    return ObjectiveDetail(
        **_fields(view),
        description=objective.description,
        runbook=objective.runbook,
        links=list(objective.links),
        no_data=objective.no_data.value,
        sli=_sli(view.evaluation),
        tiers=tiers,
        warnings=list(warnings),
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
    """Return where bad events began, and how fast events came if that is unusual."""
    items = [
        ContributorBody(
            service=share.origin.service,
            sends_spans=share.origin.service in found.senders,
            operation=share.origin.operation,
            zone=share.origin.zone,
            version=share.origin.version,
            bad=share.bad,
            share=share.share,
            environment=share.origin.environment,
            answer=share.answer,
            is_before=share.is_before,
        )
        for share in found.shares
    ]
    return ContributorList(bad=found.bad, sampled=found.sampled, items=fitting(items), pace=_pace(found.pace))


def _pace(one: UnusualPace | None) -> UnusualPaceBody | None:
    return None if one is None else UnusualPaceBody(**asdict(one))


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
                also=list(one.also),
                stands_out=float(one.stands_out),
                parts=[_part(part) for part in one.parts],
            )
            for one in found.dimensions
        ),
    )


def _part(part: ValueShare) -> BreakdownPartBody:
    return BreakdownPartBody(
        value=part.value,
        bad=part.bad,
        bad_share=float(part.bad_share),
        good=part.good,
        good_share=None if part.good_share is None else float(part.good_share),
        stands_out=part.stands_out > 0,
        exemplars=list(part.exemplars),
    )


def exemplar_body(exemplar: Exemplar) -> ObjectiveExemplarBody:
    """Return one bad event."""
    return ObjectiveExemplarBody(
        trace_id=exemplar.trace_id,
        at=exemplar.at,
        duration_seconds=exemplar.duration_seconds,
        trace_seconds=exemplar.trace_seconds,
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
        environment=row.environment,
        namespace=row.namespace,
        severity=row.severity.value,
        tier=row.tier,
        state=row.state,
        status=row.status,
        fired_at=row.fired_at,
        resolved_at=row.resolved_at,
        long_rate=row.long_rate,
        short_rate=row.short_rate,
        threshold=row.threshold,
        incident_id=incident_id(row.refers_to),
        still_firing=row.still_firing,
    )


def _fields(view: ObjectiveView) -> dict[str, object]:
    evaluation, objective = view.evaluation, view.evaluation.objective
    try:
        whole = evaluation.whole
    except ValueError:
        return _fields_of_nothing(view)
    left, measured_at = evaluation.exhausted_in_seconds, evaluation.snapshot.measured_at
    return _plain(view) | {
        "good": whole.good,
        "total": whole.total,
        "bad": whole.bad,
        "attained": whole.good / whole.total if whole.total else None,
        "budget": _budget(evaluation),
        "burn": [_burn(evaluation, window) for window in SHOWN_WINDOWS],
        "coverage": float(evaluation.coverage(objective.window).ratio)
        if evaluation.since is not None
        else 0.0,
        "covered_since": evaluation.covered_since,
        "reason": view.reason,
        "exhausted_in_seconds": None if left is None else int(left),
        "exhausted_at": None if left is None else measured_at + timedelta(seconds=int(left)),
    }


def _plain(view: ObjectiveView) -> dict[str, object]:
    objective, status = view.evaluation.objective, view.status
    # A ticket alert may still belong to the incident before; the newest is the one that is worked on.
    incidents = [number for row in view.firing.values() if (number := incident_id(row.refers_to))]
    return {
        "name": objective.name,
        "display_name": objective.display_name,
        "service": objective.service,
        "environment": objective.sli.total.environment,
        "namespace": objective.sli.total.namespace,
        "team": objective.team,
        "tier": objective.tier,
        "events": objective.events_noun,
        "target": float(objective.target),
        "window": shorthand(objective.window),
        "window_seconds": int(objective.window.total_seconds()),
        "coverage_floor": float(objective.coverage_floor),
        "state": status.state,
        "state_since": view.state_since,
        "burn_state": status.burn,
        "quiet_since": view.quiet_since,
        "held": status.suspended,
        "incident_id": max(incidents, default=None),
        "sparkline": list(view.sparkline),
        "measured_at": view.evaluation.snapshot.measured_at,
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
        "budget": BudgetBody(
            allowed=0,
            spent=0,
            remaining=0,
            remaining_ratio=None,
            state=BudgetState.WITHIN,
            measured_seconds=0,
        ),
        "burn": burn,
        "coverage": 0.0,
        "covered_since": None,
        "reason": view.reason,
        "exhausted_in_seconds": None,
        "exhausted_at": None,
    }


def _budget(evaluation: ObjectiveEvaluation) -> BudgetBody:
    budget = evaluation.budget
    return BudgetBody(
        allowed=float(budget.allowed),
        spent=budget.spent,
        remaining=float(budget.remaining),
        remaining_ratio=_float(budget.remaining_ratio),
        state=evaluation.budget_state,
        measured_seconds=int(evaluation.measured * int(evaluation.objective.window.total_seconds())),
    )


def _burn(evaluation: ObjectiveEvaluation, window: timedelta) -> BurnBody:
    counts = evaluation.counts(window)
    return BurnBody(
        window=shorthand(window),
        window_seconds=int(window.total_seconds()),
        rate=_float(burn_rate(counts, evaluation.objective.target)),
        good=counts.good,
        total=counts.total,
        coverage=float(evaluation.coverage(window).ratio) if evaluation.since is not None else 0.0,
    )


def _sli(evaluation: ObjectiveEvaluation) -> SliBody:
    sli = evaluation.objective.sli
    limit = sli.good.max_duration_nanoseconds
    return SliBody(
        name=sli.name,
        service=sli.total.service,
        environment=sli.total.environment,
        namespace=sli.total.namespace,
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


_STATES = {
    AlertStatus.FIRING: "firing",
    AlertStatus.COVERED: "inhibited",
    AlertStatus.SUSPENDED: "held",
    AlertStatus.INACTIVE: "left_out",
    AlertStatus.RESOLVED: "ok",
    AlertStatus.QUIET: "ok",
}
"""The words of the field `state`, which scripts know; people read `status`."""


def _tier(one: Explanation) -> TierBody:
    tier = one.tier
    return TierBody(
        name=tier.name,
        severity=tier.severity.value,
        budget_share=float(tier.budget_share),
        long=shorthand(tier.long),
        long_seconds=int(tier.long.total_seconds()),
        short=shorthand(tier.short),
        short_seconds=int(tier.short.total_seconds()),
        threshold=float(tier.threshold),
        long_rate=_float(one.long_rate),
        short_rate=_float(one.short_rate),
        state=_STATES[one.status],
        status=one.status,
        since=one.since if one.is_firing else None,
        resolved_at=one.since if one.status is AlertStatus.RESOLVED else None,
        fires_in_seconds=one.fires_in_seconds,
        reason=sentence(one),
        reason_code=one.reason,
        covered_by=one.covered_by.name if one.covered_by else None,
    )


def _summary(summary: Summary) -> SummaryBody:
    states = {state.value: count for state, count in summary.by_state.items()}
    bad = [
        BadEventsBody(
            events=one.noun,
            bad=one.bad,
            objective=one.objective,
            objective_display_name=one.objective_display_name,
        )
        for one in summary.bad_last_hour
    ]
    return SummaryBody(total=summary.total, bad_last_hour=sum(one.bad for one in bad), bad=bad, **states)


def incident_id(refers_to: str | None) -> int | None:
    """Return 7 for `incident/7`, None for anything else."""
    kind, _, number = (refers_to or "").partition("/")
    return int(number) if kind == "incident" and number.isdigit() else None


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
