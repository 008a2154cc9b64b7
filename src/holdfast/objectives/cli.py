"""`holdfast objective ls|show` and `holdfast alert ls`: which promises are kept, and what fires."""

from typing import Annotated, Any

import typer

from holdfast.objectives.model import State
from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, say

app = typer.Typer(no_args_is_help=True, help="Objectives: budgets, burn rates and alerts.")
alert_app = typer.Typer(no_args_is_help=True, help="Alerts: what fires, and what fired.")


def _percent(value: Any) -> str:
    return "–" if value is None else f"{value * 100:.6g}%"


def _whole_percent(value: Any) -> str:
    return "–" if value is None else f"{value * 100:.0f}%"


def _times(value: Any) -> str:
    return "–" if value is None else f"{value:.3g}×"


def _count(value: Any) -> str:
    return "–" if value is None else f"{value:,.6g}"


def _duration(seconds: Any) -> str:
    if seconds is None:
        return "–"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


_LIST = (
    "name",
    "service",
    "state",
    Column("target", shown=_percent, is_number=True),
    Column("attained", shown=_percent, is_number=True),
    Column("budget.remaining_ratio", "budget left", _whole_percent, is_number=True),
    Column("burn_1h", "burn 1h", _times, is_number=True),
    Column("burn_6h", "burn 6h", _times, is_number=True),
    Column("bad", shown=_count, is_number=True),
    Column("exhausted_in_seconds", "exhausted in", _duration, is_number=True),
)

_ONE = (
    "name",
    "display_name",
    "service",
    "team",
    "state",
    "reason",
    Column("target", shown=_percent),
    "window",
    Column("attained", shown=_percent),
    Column("total", "events", _count),
    Column("bad", shown=_count),
    Column("budget.allowed", shown=_count),
    Column("budget.remaining", shown=_count),
    Column("coverage", shown=_whole_percent),
    Column("exhausted_in_seconds", "exhausted in", _duration),
    "incident_id",
    "measured_at",
)

_TIERS = (
    Column("name", "tier"),
    Column("threshold", shown=_times, is_number=True),
    Column("long_rate", "long", _times, is_number=True),
    Column("short_rate", "short", _times, is_number=True),
    "state",
    "since",
    "reason",
)

_PARTS = (
    "by",
    "value",
    Column("bad_share", "of the bad", _whole_percent, is_number=True),
    Column("good_share", "of the good", _whole_percent, is_number=True),
    Column("bad", is_number=True),
    "stands_out",
    Column("exemplar", "a trace"),
)

_ALERTS = (
    "id",
    "objective",
    "tier",
    "state",
    "fired_at",
    "resolved_at",
    Column("long_rate", "long", _times, is_number=True),
    Column("short_rate", "short", _times, is_number=True),
    Column("threshold", shown=_times, is_number=True),
    Column("incident_id", "incident"),
)


@app.command("ls")
def list_objectives(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    service: Annotated[str | None, typer.Option(help="Only objectives of this service.")] = None,
    state: Annotated[
        State | None, typer.Option(help="Only ok, burning_slowly, burning, exhausted or no_data.")
    ] = None,
) -> None:
    """List objectives, what hurts most first."""
    with Client(url) as client:
        rows = list(client.pages("/objectives", service=service, state=state))
    if output is not Output.TABLE:
        emit(rows, output=output)
        return
    emit([row | _burns(row) for row in rows], columns=_LIST)
    if not rows:
        say(_nothing(is_narrowed=service is not None or state is not None))


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
    emit(found, columns=_ONE)
    emit(found["tiers"], columns=_TIERS)


@app.command("explain")
def explain_objective(
    name: Annotated[str, typer.Argument(help="The objective's name, as `objective ls` shows it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: Annotated[str, typer.Option("--from", help="Start of the range: ISO 8601 or now-6h.")] = "now-1h",
    end: Annotated[str, typer.Option("--to", help="End of the range: ISO 8601 or now.")] = "now",
    by: Annotated[
        list[str] | None,
        typer.Option(help="operation, version, zone, pod or an attribute; may be given again."),
    ] = None,
) -> None:
    """Show what the bad events have in common that the good ones have not."""
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
    everything: Annotated[bool, typer.Option("--all", help="Also alerts that are over.")] = False,
    objective: Annotated[str | None, typer.Option(help="Only alerts of this objective.")] = None,
) -> None:
    """List alerts, newest first."""
    state = "all" if everything else "firing"
    with Client(url) as client:
        rows = list(client.pages("/alerts", state=state, objective=objective))
    emit(rows, columns=_ALERTS, output=output)
    if not rows and output is Output.TABLE:
        say("No alert so far." if everything else "No alert fires.")


def _part_row(one: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    value = "everything else" if part["value"] is None else part["value"] or "not told"
    exemplar = part["exemplars"][0] if part["exemplars"] else None
    return {**part, "by": one["by"], "value": value, "exemplar": exemplar}


def _sample_words(found: dict[str, Any]) -> str:
    if not found["items"]:
        return "No bad event is kept from this range."
    return (
        f"Shares of {found['sampled_bad']:,} of {found['bad']:,} bad events, beside "
        f"{found['sampled_good']:,} good ones drawn alike."
    )


def _nothing(*, is_narrowed: bool) -> str:
    if is_narrowed:
        return "No objective matches."
    return "No objectives yet: `holdfast catalog apply DIR` puts a catalog in force."


def _burns(row: dict[str, Any]) -> dict[str, Any]:
    return {f"burn_{one['window']}": one["rate"] for one in row["burn"]}
