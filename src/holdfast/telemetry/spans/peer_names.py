"""The name of a call's peer, from a host or a mesh's cluster: in SQL and in Python. Pure.

A Kubernetes service has its short name, without namespace, domain and port. A bare address has no name:
addresses change with every rollout. Hosts that differ only in case or a trailing dot are the same; a name
that is not a host (`peer.service`) keeps its case. A mesh names its clusters `outbound|9080|v1|HOST`, in
newer versions with a trailing semicolon, and has clusters of its own that name no peer.
"""

import re
import string
from functools import cache

PASSING = ("PassthroughCluster", "BlackHoleCluster")
"""Clusters through which a mesh passes or drops calls to unknown hosts."""

_NAMELESS = ("", "-", *PASSING)

INBOUND = ("inbound|", "InboundPassthrough")
"""Prefixes of a sidecar's clusters for its own workload."""

_PORT = ":[0-9]+$"
_KUBERNETES = r"^([^.]+)\.[^.]+\.svc(\..*)?$"
_ADDRESS = "^[0-9.]+$|:"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@cache
def in_python(pattern: str) -> "re.Pattern[str]":
    """Return a pattern of the engine's as it is read there: `$` is the end alone, `.` is any character."""
    return re.compile(pattern.replace("$", r"\Z"), re.DOTALL)


def in_sql(pattern: str) -> str:
    """Return a pattern as it is written inside a string of a statement."""
    return pattern.replace("\\", "\\\\")


def host_name(text: str) -> str:
    """Return the SQL expression for the short name of a host, empty for an address."""
    return peer_name(f"lower({text})")


def short_host(text: str) -> str:
    """Return the short name of a host, as the SQL of `host_name` does."""
    return short_name(text.translate(_LOWER))


def peer_name(text: str) -> str:
    """Return the SQL expression for a name that may be a host's, shortened as by `host_name`."""
    return shortened(bare_host(text))


def bare_host(text: str) -> str:
    """Return the SQL expression for a host without its port and final dot, the first half of `peer_name`."""
    return f"trimRight(replaceRegexpOne({text}, '{_PORT}', ''), '.')"


def shortened(host: str) -> str:
    """Return the SQL expression for the short name of a host without port, the second half of `peer_name`.

    It writes `host` out twice: give a column where the analysis of a query costs more than its rows.
    """
    short = f"replaceRegexpOne({host}, '{in_sql(_KUBERNETES)}', '\\\\1')"
    return f"if(match({host}, '{_ADDRESS}'), '', {short})"


def short_name(text: str) -> str:
    """Return a name that may be a host's, as the SQL of `peer_name` does."""
    host = in_python(_PORT).sub("", text).rstrip(".")
    return "" if in_python(_ADDRESS).search(host) else in_python(_KUBERNETES).sub(r"\1", host)


def cluster_host(cluster: str) -> str:
    """Return the SQL expression for the short name of the host behind a mesh's cluster."""
    return peer_name(long_cluster_host(cluster))


def long_cluster_host(cluster: str) -> str:
    """Return the SQL expression for the host behind a mesh's cluster as it is written there."""
    inside = f"lower(splitByChar('|', {cluster})[4])"
    host = f"trimRight(if(position({cluster}, '|') > 0, {inside}, {cluster}), ';')"
    nameless = ", ".join(f"'{name}'" for name in _NAMELESS)
    return f"if({cluster} IN ({nameless}), '', {host})"


def short_cluster(cluster: str) -> str:
    """Return the short name of the host behind a mesh's cluster, as the SQL of `cluster_host` does."""
    if cluster in _NAMELESS:
        return ""
    parts = cluster.split("|")
    if len(parts) == 1:
        return short_name(cluster.rstrip(";"))
    return short_host((*parts, "", "", "")[3].rstrip(";"))


PEER = (
    "multiIf(SpanKind NOT IN ('Client', 'Producer'), '', SpanAttributes['service.peer.name'] != '', "
    "SpanAttributes['service.peer.name'], SpanAttributes['peer.service'] != '', "
    "SpanAttributes['peer.service'], "
    "SpanAttributes['server.address'])"
)
