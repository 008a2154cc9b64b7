"""The identities of the running parts, for the agent that measures them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bazaar.host import Watched
from bazaar.layout import CACHE_HOST, DATABASE_HOST, QUEUE_HOST, ZONES, Layout
from bazaar.parts import Part
from bazaar.telemetry import identity_of, platform_identity

# Their names in the services' own spans.
_SERVERS = {"postgres": DATABASE_HOST, "redis": CACHE_HOST, "nats": QUEUE_HOST}


def watched_parts(layout: Layout, parts: Iterable[Part]) -> list[Watched]:
    """Return the parts to watch: all except the payment provider, which is another company's."""
    identities = dict(_identities(layout))
    return [
        Watched(part.pid, identities[part.name], with_children=part.name == "postgres")
        for part in parts
        if part.name in identities
    ]


def _identities(layout: Layout) -> Iterator[tuple[str, dict[str, str]]]:
    for replica in layout.replicas():
        yield replica.name, identity_of(replica)
    for name, service in _SERVERS.items():
        yield name, {"service.name": service, "service.instance.id": service, **platform_identity()}
    for zone in ZONES:
        name = f"envoy-{zone}"
        there = {"cloud.availability_zone": zone, **platform_identity()}
        yield name, {"service.name": name, "service.instance.id": name, **there}
