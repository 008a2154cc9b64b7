"""`holdfast service ls|show`: services with their rate, errors and duration."""

from typing import Annotated, Any

import typer

from holdfast.runtime import figures
from holdfast.runtime.addresses import segment
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column
from holdfast.runtime.options import FromOption, ToOption
from holdfast.runtime.output import Output, OutputOption, emit, say
from holdfast.telemetry.identity.options import EnvironmentOption, NamespaceOption, RegionOption, in_query
from holdfast.telemetry.services.trouble import TroubleKind

app = typer.Typer(no_args_is_help=True, help="Services: rate, errors and duration.")

PAGE_ITEMS = 1_000


_RED = (
    Column("rate_per_second", "rate", figures.rate, is_number=True),
    Column("error_ratio", "errors", figures.percent, is_number=True),
    Column("p50_seconds", "p50", figures.latency, is_number=True),
    Column("p90_seconds", "p90", figures.latency, is_number=True),
    Column("p99_seconds", "p99", figures.latency, is_number=True),
)


_FILL = (
    Column("title", "resource"),
    Column("part", "of"),
    Column("text", "used"),
    Column("ratio", "full", figures.whole_percent, is_number=True),
    Column("instance", "fullest instance"),
)


@app.command("ls")
def list_services(
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
    region: RegionOption = "",
    text: Annotated[str, typer.Option("--search", "-q", help="Only services with this in their name.")] = "",
) -> None:
    """List services that sent spans in the range, those that need attention first."""
    with Client(url) as client:
        asked = {"from": start, "to": end, "q": text, "limit": PAGE_ITEMS}
        found = client.pages("/services", **asked, **in_query(environment, namespace, region))
        items = sorted(found, key=_rank)
        lost = client.get("/silences", **in_query(environment, namespace))["lost_zones"]
    columns = (
        Column("label", "name"),
        Column("now.sentence", "now"),
        *_RED,
        "team",
        "zones",
        Column("objectives", is_number=True),
        "worst_state",
    )
    emit(
        {"items": items, "next": None} if output is not Output.TABLE else items,
        columns=columns,
        output=output,
    )
    for zone in lost:
        say(_lost_words(zone))


def _lost_words(zone: dict[str, Any]) -> str:
    """Say a lost zone as the page does, with since when in UTC."""
    count = zone["services"]
    services = f"{figures.count(count)} service{'' if count == 1 else 's'}"
    return f"{zone['zone']} silent since {zone['since'][11:16]} UTC: {services}"


def _rank(service: dict[str, Any]) -> int:
    """Return its place among the reasons, worst first; within one the busiest stay first, hops come last."""
    if service["is_mesh_hop"]:
        return len(TroubleKind)
    return list(TroubleKind).index(TroubleKind(service["now"]["reason"]))


@app.command("show")
def show_service(
    name: Annotated[str, typer.Argument(help="The service's name, as telemetry calls it.")],
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
    start: FromOption = "now-1h",
    end: ToOption = "now",
    environment: EnvironmentOption = "",
    namespace: NamespaceOption = "",
) -> None:
    """Show one service: its operations, how full its resources are, and where its failures are."""
    with Client(url) as client:
        asked = {"from": start, "to": end, **in_query(environment, namespace)}
        found = client.get(f"/services/{segment(name)}", **asked)
        of_it = {"environment": found["environment"], "namespace": found["namespace"]}
        found["sampling"] = client.get("/sampling", service=found["name"], **(asked | of_it))["warnings"]
        path = f"/services/{segment(found['name'])}"
        found["saturation"] = client.get(f"{path}/saturation", **(asked | of_it))
        found["spread"] = client.get(f"{path}/spread", **(asked | of_it))
    if output is not Output.TABLE:
        emit(found, output=output)
        return
    emit(
        found,
        columns=(
            Column("label", "name"),
            Column("now.sentence", "now"),
            Column("spread.summary", "failures"),
            "team",
            "tier",
            *_RED,
            "regions",
            "zones",
            "versions",
            "last_seen",
        ),
    )
    emit(found["operations"], columns=("operation", "kind", *_RED))
    if found["saturation"]["resources"]:
        emit(found["saturation"]["resources"], columns=_FILL)
    if words := _stopped(found["stopped_instances"]):
        say(words)
    for one in found["sampling"]:
        say(f"warning: {one['detail']}")


def _stopped(found: dict[str, Any] | None) -> str:
    """Say which instances stopped, with since when in UTC."""
    if found is None:
        return ""
    since, named = found["since"][11:16], ", ".join(found["names"])
    rest = ", traffic went to the others" if found["traffic_goes_on"] else ""
    return f"{found['count']} of {found['of']} instances stopped at {since} UTC{rest}: {named}"
