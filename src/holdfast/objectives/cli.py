"""`holdfast objective ls|show` and `holdfast alert ls`: objectives with their budgets, and alerts."""

from typing import Annotated, Any

import typer

from holdfast.objectives.budget import BudgetState
from holdfast.objectives.model import State
from holdfast.runtime import figures
from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.runtime.places import shown
from holdfast.telemetry.identity.options import EnvironmentOption, NamespaceOption, in_query

app = typer.Typer(no_args_is_help=True, help="Objectives: budgets, burn rates and alerts.")
alert_app = typer.Typer(no_args_is_help=True, help="Alerts: what fires, and what fired.")


_LIST = (
    "name",
    "service",
    Column("now", "bad, 5 min", is_number=True),
    Column("state_words", "state"),
    Column("target", shown=figures.exact_percent, is_number=True),
    Column("attained", shown=figures.exact_percent, is_number=True),
    Column("budget.remaining_ratio", "budget left", figures.remaining, is_number=True),
    Column("burn_5m", "burn 5m", figures.times, is_number=True),
    Column("burn_1h", "burn 1h", figures.times, is_number=True),
    Column("burn_6h", "burn 6h", figures.times, is_number=True),
    Column("exhausted_words", "exhausted in", is_number=True),
)

_ONE = (
    "name",
    "display_name",
    "service",
    Column("place", "counted in"),
    "team",
    Column("state_words", "state"),
    "reason",
    Column("target", shown=figures.exact_percent),
    "window",
    Column("attained", shown=figures.exact_percent),
    Column("total", "events", figures.count),
    Column("bad", shown=figures.count),
    Column("budget.allowed", shown=figures.count),
    Column("budget.remaining", shown=figures.count),
    Column("coverage", shown=figures.whole_percent),
    Column("exhausted_words", "exhausted in"),
    "incident_id",
    "measured_at",
)

_TIERS = (
    Column("name", "tier"),
    Column("threshold", shown=figures.times, is_number=True),
    Column("long_rate", "long", figures.times, is_number=True),
    Column("short_rate", "short", figures.times, is_number=True),
    "status",
    "since",
    "reason",
)

_PARTS = (
    "by",
    "value",
    Column("bad_share", "of the bad", figures.whole_percent, is_number=True),
    Column("good_share", "of the good", figures.whole_percent, is_number=True),
    Column("bad", is_number=True),
    "stands_out",
    Column("exemplar", "a trace"),
)

_ALERTS = (
    "id",
    "objective",
    "tier",
    "status",
    "fired_at",
    "resolved_at",
    Column("long_rate", "long", figures.times, is_number=True),
    Column("short_rate", "short", figures.times, is_number=True),
    Column("threshold", shown=figures.times, is_number=True),
    Column("incident_id", "incident"),
)


@app.command("ls")
def list_objectives(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    service: Annotated[str | None, typer.Option(help="Only objectives of this service.")] = None,
    state: Annotated[
        State | None,
        typer.Option(help="Only ok, burning, burning_slowly (a ticket), exhausted or no_data."),
    ] = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
) -> None:
    """List objectives, worst first; one that names no environment is in each."""
    place = in_query(environment, namespace)
    with Client(url) as client:
        rows = list(client.pages("/objectives", service=service, state=state, **place))
    if output is not Output.TABLE:
        emit(rows, output=output)
        return
    emit([row | _burns(row) | _now(row) for row in rows], columns=_LIST)
    if not rows:
        say(_nothing(is_narrowed=service is not None or state is not None or bool(place)))


@app.command("show")
def show_objective(
    name: Annotated[str, typer.Argument(help="The objective's name, as `objective ls` shows it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show one objective with its alert tiers."""
    with Client(url) as client:
        found = client.get(f"/objectives/{segment(name)}")
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit(
        found
        | {
            "place": _place(found),
            "state_words": _state_words(found),
            "exhausted_words": _exhausted_in(found),
        },
        columns=_ONE,
    )
    emit([tier | {"since": tier["since"] or tier["resolved_at"]} for tier in found["tiers"]], columns=_TIERS)
    for sentence in found["warnings"]:
        say(f"Warning: {sentence}.")


@app.command("explain")
def explain_objective(
    name: Annotated[str, typer.Argument(help="The objective's name, as `objective ls` shows it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    by: Annotated[
        list[str] | None,
        typer.Option(help="operation, version, zone, pod or an attribute; may be repeated."),
    ] = None,
) -> None:
    """Show what the bad events have in common and the good ones lack."""
    with Client(url) as client:
        found = client.get(
            f"/objectives/{segment(name)}/breakdown", **{"from": start, "to": end, "by": by or None}
        )
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit([_part_row(one, part) for one in found["items"] for part in one["parts"]], columns=_PARTS)
    say(_sample_words(found))


@alert_app.command("ls")
def list_alerts(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Include resolved alerts.")] = False,
    objective: Annotated[str | None, typer.Option(help="Only alerts of this objective.")] = None,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
) -> None:
    """List alerts, newest first."""
    state, place = "all" if everything else "firing", in_query(environment, namespace)
    with Client(url) as client:
        rows = list(client.pages("/alerts", state=state, objective=objective, **place))
    if output is Output.TABLE:
        rows = [row | {"status": "ended"} if row["still_firing"] else row for row in rows]
    emit(rows, columns=_ALERTS, output=output)
    if not rows and output is Output.TABLE:
        say("No alert so far." if everything else "No alert fires.")


def _part_row(one: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    value = "everything else" if part["value"] is None else part["value"] or "not set"
    exemplar = part["exemplars"][0] if part["exemplars"] else None
    return {**part, "by": one["by"], "value": value, "exemplar": exemplar}


def _place(found: dict[str, Any]) -> str:
    """Return where an objective's spans come from, in words."""
    limits = {name: found[name] for name in ("environment", "namespace") if found[name] is not None}
    return ", ".join(f"{name} {shown(value)}" for name, value in limits.items()) or "every environment"


def _sample_words(found: dict[str, Any]) -> str:
    if not found["items"]:
        return "No bad event of this range is stored."
    return (
        f"Shares of {found['sampled_bad']:,} of {found['bad']:,} bad events, beside "
        f"{found['sampled_good']:,} good ones sampled the same way."
    )


def _nothing(*, is_narrowed: bool) -> str:
    if is_narrowed:
        return "No objective matches."
    return "No objectives yet: `holdfast catalog apply DIR` puts a catalog in force."


def _now(row: dict[str, Any]) -> dict[str, str | None]:
    """Return what fails now, and the state."""
    recent = next(one for one in row["burn"] if one["window"] == "5m")
    bad = f"{recent['total'] - recent['good']:,} of {recent['total']:,}"
    return {"now": bad, "state_words": _state_words(row), "exhausted_words": _exhausted_in(row)}


def _exhausted_in(row: dict[str, Any]) -> str | None:
    """Return in how long the budget is gone; if it is below zero, that it is, or may be by chance."""
    if row["state"] == State.EXHAUSTED:
        return "exhausted"
    if row["state"] != State.NO_DATA and row["budget"]["state"] == BudgetState.TOO_EARLY:
        return "too early"
    seconds = row["exhausted_in_seconds"]
    return None if seconds is None else figures.duration(seconds)


def _state_words(row: dict[str, Any]) -> str:
    """Return the state as the page words it: an exhausted objective may burn on, or be quiet for days."""
    words, burn = _words(row["state"]), _words(row["burn_state"])
    return f"{burn}, {words}" if row["state"] == State.EXHAUSTED else words


def _words(state: str) -> str:
    return "burning · ticket" if state == State.BURNING_SLOWLY else state.replace("_", " ")


def _burns(row: dict[str, Any]) -> dict[str, Any]:
    return {f"burn_{one['window']}": one["rate"] for one in row["burn"]}
