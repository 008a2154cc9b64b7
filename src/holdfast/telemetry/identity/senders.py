"""What sent a log line or a point: a service, or else a machine, in SQL and in Python alike. Pure.

Agents of a host (the Collector's hostmetrics, filelog and kubeletstats receivers) know no service. Under one
name for all, the machines of a platform would be one sender. A test compares `SENDER` and `sender_of`.
"""

from collections.abc import Iterable, Mapping

UNNAMED = ("", "unknown_service")
"""What is stored as the service's name where none was sent; an exporter stores the empty one."""

MACHINES = {
    "host.name": "host",
    "k8s.node.name": "node",
    "container.name": "container",
    "container.id": "container",
}
"""The resource attributes that name a machine, the first one sent counts, and the word before the name."""


def sender_of(service: str, resource: Mapping[str, str]) -> str:
    """Return the service, or what it runs on: `host web-1`; as stored if neither is known."""
    if service not in UNNAMED:
        return service
    named = (f"{word} {resource[key]}" for key, word in MACHINES.items() if resource.get(key))
    return next(named, service)


def stored_as(senders: Iterable[str]) -> list[str]:
    """Return the services' names under which telemetry of these senders may be stored."""
    names = set(senders)
    words = tuple(f"{word} " for word in MACHINES.values())
    is_made = any(name.startswith(words) for name in names)
    return sorted(names | set(UNNAMED) if is_made else names)


_OF_MACHINES = ", ".join(
    f"ResourceAttributes['{key}'] != '', concat('{word} ', ResourceAttributes['{key}'])"
    for key, word in MACHINES.items()
)
SENDER = f"if(ServiceName NOT IN {UNNAMED}, ServiceName, multiIf({_OF_MACHINES}, ServiceName))"
"""The expression over the columns of lines and points."""

SENDER_COLUMN = f"Sender LowCardinality(String) MATERIALIZED {SENDER} CODEC(ZSTD(1))"
"""The column as it is added to tables; for older rows it is computed when it is read."""
