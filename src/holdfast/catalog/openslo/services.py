"""Service documents: who owns a service, and how much it matters."""

from holdfast.catalog import shapes
from holdfast.catalog.kinds import OPENSLO, Body, Kind
from holdfast.catalog.model import SERVICES, Service


def _read(body: Body) -> Service:
    metadata = body.metadata
    return Service(
        name=metadata.name,
        display_name=metadata.display_name,
        description=body.spec.text("description") or "",
        team=metadata.label("team"),
        tier=metadata.label("tier"),
        labels=metadata.labels,
        origin=body.origin,
    )


SERVICE: Kind[Service] = Kind(
    SERVICES.name,
    api_version=OPENSLO,
    summary="A service with users and an owner: the label team names the owner, tier how much it matters.",
    read=_read,
    spec=shapes.mapping({"description": shapes.text()}),
    needs_spec=False,
)
