"""`holdfast metric ls|show|plot`: which metrics there are, what one is made of, and a plot of it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.output import Column, Output, OutputOption, emit, print_lines, say, width_columns
from holdfast.telemetry.metrics.terminal import SIGNS, drawn, figure

app = typer.Typer(no_args_is_help=True, help="Metrics: lists, attributes and plots.")

NAME_MARGIN = 12
WIDEST_COLUMNS = 100
FromOption = Annotated[str, typer.Option("--from", help="Start of the range: ISO 8601 or now-6h.")]
ToOption = Annotated[str, typer.Option("--to", help="End of the range: ISO 8601 or now.")]
NameArgument = Annotated[str, typer.Argument(help="The metric's name, as it is sent.")]


@app.command("ls")
def list_metrics(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    text: Annotated[str, typer.Option("--match", help="Part of the name.")] = "",
    service: Annotated[str, typer.Option("--service", help="Only metrics this service sends.")] = "",
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """List metrics with points in the range."""
    with Client(url) as client:
        given = {"q": text, "service": service, "from": start, "to": end}
        found = list(client.pages("/metrics", **given))
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    if not found:
        say(f"no metric has points from {start} to {end}; send some over OTLP, or try a longer range")
        return
    rows = [{"name": one["name"], **stream} for one in found for stream in one["streams"]]
    columns = ("name", Column("kind", shown=_words), "unit", "services", Column("series", is_number=True))
    emit(rows, columns=(*columns, "last_seen"))


@app.command("show")
def show_metric(
    name: NameArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """Show what a metric is made of: its kinds, functions, attributes and their values."""
    with Client(url) as client:
        found = client.get(f"/metrics/{segment(name)}", **{"from": start, "to": end})
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    shown = (Column("kind", shown=_words), "temporality", "unit", "description", "services", "series")
    for stream in found["streams"]:
        emit(stream, columns=(*shown, "functions", "last_seen"))
    emit(
        found["attributes"],
        columns=(
            Column("key", "attribute"),
            Column("place", "of the"),
            Column("values", is_number=True),
            Column("commonest", "commonest (series)", _commonest),
        ),
    )


@app.command("plot")
def plot_metric(  # noqa: PLR0913 - each option of the command is a parameter
    name: NameArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    fn: Annotated[
        str, typer.Option("--fn", help="rate, increase, avg, min, max, sum, last or a quantile such as p99.")
    ] = "",
    by: Annotated[list[str] | None, typer.Option("--by", help="An attribute; * for each series.")] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="KEY=VALUE, KEY!=VALUE or KEY~PART.")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="Of which kind, if the metric has several.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="In which unit, if the metric has several.")] = "",
    step: Annotated[str | None, typer.Option("--step", help="Seconds per point, or 1m, 5m, 1h.")] = None,
    top: Annotated[int, typer.Option("--top", help="Lines drawn; the rest are added up.")] = 5,
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """Draw a metric: a function of it per step, grouped by attributes."""
    given: dict[str, object] = {"fn": fn or None, "by": by, "where": where}
    given |= {"kind": kind or None, "unit": unit or None}
    given |= {"step": step, "top": top, "from": start, "to": end}
    with Client(url) as client:
        found = client.get(f"/metrics/{segment(name)}/series", **given)
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    if not found["lines"]:
        say(f"nothing of {name} to draw from {start} to {end}: no series matches, or too few points came yet")
        return
    _draw(found)


def _draw(found: dict[str, Any]) -> None:
    unit = f" ({found['unit']})" if found["unit"] else ""
    columns = min(width_columns(), WIDEST_COLUMNS) - NAME_MARGIN
    ends = (datetime.fromtimestamp(found["times_epoch"][place]).astimezone() for place in (0, -1))
    print_lines(
        (
            f"{found['fn']} of {found['name']}{unit}, {found['step_seconds']} s per step",
            *drawn([line["values"] for line in found["lines"]], columns=columns),
            f"{'':>9}  {' – '.join(f'{one:%Y-%m-%d %H:%M:%S %Z}' for one in ends)}",
        )
    )
    rows = [
        {"sign": SIGNS[number % len(SIGNS)], "line": _line_name(line, found), **line}
        for number, line in enumerate(found["lines"])
    ]
    figures = (
        Column("latest", "latest", figure, is_number=True),
        Column("overall", "range", figure, is_number=True),
    )
    emit(rows, columns=(Column("sign", " "), "line", *figures, Column("series", is_number=True)))
    if found["is_stale"]:
        say(f"stale: the newest point is of {found['last_seen']}")
    for other in found["others"]:
        say(f"not drawn: {other['series']} series of {_words(other['kind'])} in {other['unit'] or 'no unit'}")


def _line_name(line: dict[str, Any], found: dict[str, Any]) -> str:
    if line["is_rest"]:
        return f"the other {line['series']} series"
    named = ", ".join(f"{key}={value or '(none)'}" for key, value in line["labels"].items())
    return named or ("all series" if line["series"] != 1 else found["name"])


def _words(value: Any) -> str:
    return str(value).replace("_", " ")


def _commonest(values: Any) -> str:
    shown = [f"{one['value'] or '(empty)'} ({one['series']})" for one in values[:6]]
    return ", ".join([*shown, "…"] if len(values) > len(shown) else shown)
