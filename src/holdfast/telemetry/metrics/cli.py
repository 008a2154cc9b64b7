"""`holdfast metric ls|show|plot`: metrics, the kinds and attributes of one, and a plot of it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column, width_columns
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, print_lines, say
from holdfast.telemetry.identity.options import (
    ClusterOption,
    EnvironmentOption,
    NamespaceOption,
    RegionOption,
    in_query,
)
from holdfast.telemetry.metrics.places import words
from holdfast.telemetry.metrics.terminal import SIGNS, drawn, figure

app = typer.Typer(no_args_is_help=True, help="Metrics: lists, attributes and plots.")

NAME_MARGIN = 12
WIDEST_COLUMNS = 100
NameArgument = Annotated[str, typer.Argument(help="The metric's name, as sent.")]


@app.command("ls")
def list_metrics(  # noqa: PLR0913 - each option of the command is a parameter
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    text: Annotated[str, typer.Option("--match", help="Part of the name.")] = "",
    service: Annotated[str, typer.Option("--service", help="Only metrics this service sends.")] = "",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """List metrics with points in the range."""
    with Client(url) as client:
        given = {"q": text, "service": service, "from": start, "to": end}
        found = list(client.pages("/metrics", **given, **in_query(environment, namespace, region, cluster)))
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    if not found:
        say(f"no metric has points from {start} to {end}; send some over OTLP, or try a longer range")
        return
    rows = [{"name": one["name"], **_placed(stream)} for one in found for stream in one["streams"]]
    columns = ("name", Column("kind", shown=_words), "unit", "services", *_places(rows))
    emit(rows, columns=(*columns, Column("series", is_number=True), "last_seen"))


@app.command("show")
def show_metric(
    name: NameArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """Show a metric: its kinds, functions, attributes and their values."""
    with Client(url) as client:
        found = client.get(f"/metrics/{segment(name)}", **{"from": start, "to": end})
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    shown = (Column("kind", shown=_words), "temporality", "unit", "description", "services")
    for stream in map(_placed, found["streams"]):
        emit(stream, columns=(*shown, *_places([stream]), "series", "functions", "last_seen"))
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
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", help="An attribute, service, environment, namespace, region, cluster; * for each series."
        ),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option("--where", help="KEY=VALUE, KEY!=VALUE or KEY~PART.")
    ] = None,
    kind: Annotated[str, typer.Option("--kind", help="The kind, if the metric has several.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="The unit, if the metric has several.")] = "",
    step: Annotated[str | None, typer.Option("--step", help="Seconds per point, or 1m, 5m, 1h.")] = None,
    top: Annotated[int, typer.Option("--top", help="Lines drawn; the rest are merged.")] = 5,
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    cluster: ClusterOption = "",
    start: FromOption = "now-1h",
    end: ToOption = "now",
) -> None:
    """Draw a metric: a function of it per step, grouped by attributes."""
    given: dict[str, object] = {"fn": fn or None, "by": by, "where": where}
    given |= {"kind": kind or None, "unit": unit or None}
    given |= {"step": step, "top": top, "from": start, "to": end}
    given |= in_query(environment, namespace, region, cluster)
    with Client(url) as client:
        found = client.get(f"/metrics/{segment(name)}/series", **given)
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    if not found["lines"]:
        say(f"no values of {name} from {start} to {end}: no series matches, or it has too few points yet")
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
        {
            "sign": SIGNS[number % len(SIGNS)],
            "line": _line_name(line, found),
            "series": line["series"],
            "latest": _value(line["latest"], _latest_bucket(line)),
            "range": _value(line["overall"], line["rough"]),
        }
        for number, line in enumerate(found["lines"])
    ]
    figures = (
        Column("latest", is_number=True),
        Column("range", is_number=True),
    )
    emit(rows, columns=(Column("sign", " "), "line", *figures, Column("series", is_number=True)))
    if any(line["rough_steps"] for line in found["lines"]):
        say("assumed: where in a bucket over twice as wide as its lower bound the drawn values lie")
    if found["is_stale"]:
        say(f"stale: the newest point is of {found['last_seen']}")
    for other in found["others"]:
        say(f"not drawn: {other['series']} series of {_words(other['kind'])} in {other['unit'] or 'no unit'}")


def _latest_bucket(line: dict[str, Any]) -> dict[str, Any] | None:
    pairs = zip(reversed(line["values"]), reversed(line["rough_steps"]), strict=False)
    return next((bucket for value, bucket in pairs if value is not None), None)


def _value(value: float | None, rough: dict[str, Any] | None) -> str:
    """Return a value; of a quantile in a bucket too wide to say more, that bucket."""
    if rough is None:
        return figure(value)
    if rough["up_to"] is None:
        return f"over {figure(rough['above'])}"
    least = "" if rough["above"] is None else f"over {figure(rough['above'])}, "
    return f"{least}under {figure(rough['up_to'])} (one bucket)"


def _line_name(line: dict[str, Any], found: dict[str, Any]) -> str:
    if line["is_rest"]:
        return f"the other {line['series']} series"
    unsaid = {*found["split_by"], "service", "service.name"} if line["label"] else set()
    keys = [f"{key}={value or '(none)'}" for key, value in line["labels"].items() if key not in unsaid]
    named = ", ".join([line["label"], *keys] if line["label"] else keys)
    return named or ("all series" if line["series"] != 1 else found["name"])


def _placed(stream: dict[str, Any]) -> dict[str, Any]:
    named = {key: words(stream[key]) for key in ("environments", "namespaces")}
    return stream | named | {"regions": [one for one in stream["regions"] if one]}


def _places(streams: list[dict[str, Any]]) -> list[str | Column]:
    """Return the columns for where senders run, as far as any stream says it."""
    return [key for key in ("environments", "namespaces", "regions") if any(one[key] for one in streams)]


def _words(value: Any) -> str:
    return str(value).replace("_", " ")


def _commonest(values: Any) -> str:
    shown = [f"{one['value'] or '(empty)'} ({one['series']})" for one in values[:6]]
    return ", ".join([*shown, "…"] if len(values) > len(shown) else shown)
