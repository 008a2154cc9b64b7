"""Service documents: who owns a service, how much it matters, and the names telemetry has for it."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from holdfast.catalog import shapes
from holdfast.catalog.aliases import ANY, is_overlapping
from holdfast.catalog.kinds import OPENSLO, Body, Checked, Kind
from holdfast.catalog.links import LINK_ANNOTATIONS, read_links, read_runbook
from holdfast.catalog.metadata import Metadata
from holdfast.catalog.model import SERVICES, Service
from holdfast.catalog.problems import Report, Rule, clipped

ALIASES = "aliases"
ALIASES_MOST, ALIAS_CHARACTERS = 50, 200


class ServiceRule(StrEnum):
    """The rules of services among each other."""

    ALIAS_OVERLAP = "alias-overlap"


def _read(body: Body) -> Service:
    metadata = body.metadata
    return Service(
        name=metadata.name,
        display_name=metadata.display_name,
        description=body.spec.text("description") or "",
        team=metadata.label("team"),
        tier=metadata.label("tier"),
        labels=metadata.labels,
        aliases=_aliases(metadata, body.spec.report),
        runbook=read_runbook(metadata, body.spec.report),
        links=read_links(metadata, body.spec.report),
        origin=body.origin,
    )


def _aliases(metadata: Metadata, report: Report) -> tuple[str, ...]:
    text = metadata.annotation(ALIASES)
    if text is None:
        return ()
    named = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for problem in _problems(named):
        metadata.refuse_annotation(report, ALIASES, Rule.WRONG_FORMAT, problem)
    return tuple(one for one in named if one != metadata.name)


def _problems(named: Sequence[str]) -> Iterator[str]:
    if "" in named:
        yield "write names separated by commas, such as checkoutservice, redis@redis-cart"
    if len(named) > ALIASES_MOST:
        yield f"{len(named)} aliases; write at most {ALIASES_MOST}, a pattern such as checkout-* for many"
    if any(len(one) > ALIAS_CHARACTERS for one in named):
        yield f"an alias has at most {ALIAS_CHARACTERS} characters"
    if any(one and not one.strip(ANY) for one in named):
        yield f'"{ANY}" alone is every service; write a part of the name'


def _check(documents: Sequence[Checked[Service]]) -> None:
    sound = [one for one in documents if one.is_sound]
    for one in sound:
        for alias in one.value.aliases:
            meanings = (_meaning(alias, other.value) for other in sound if other is not one)
            if clash := next(filter(None, meanings), None):
                report, metadata = one.body.whole.report, one.body.metadata
                message = f'"{clipped(alias)}" of {one.value.name} {clash}; a name has one meaning'
                metadata.refuse_annotation(report, ALIASES, ServiceRule.ALIAS_OVERLAP, message)


def _meaning(alias: str, other: Service) -> str | None:
    """Return what else an alias means: another service by its name or by one of its aliases."""
    if is_overlapping(alias, other.name):
        return f"is the service {other.name} itself"
    beside = next((one for one in other.aliases if is_overlapping(alias, one)), None)
    return None if beside is None else f'could be "{clipped(beside)}" of {other.name} too'


SERVICE: Kind[Service] = Kind(
    SERVICES.name,
    api_version=OPENSLO,
    summary="A service with users and an owner: the label team names the owner, tier how much it matters.",
    read=_read,
    spec=shapes.mapping({"description": shapes.text()}),
    needs_spec=False,
    annotations={
        ALIASES: shapes.text("Other names telemetry has for it, separated by commas; * stands for any text."),
        **LINK_ANNOTATIONS,
    },
    rules=tuple(ServiceRule),
    check=_check,
)
