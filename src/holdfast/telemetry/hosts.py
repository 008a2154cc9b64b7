"""What a call's other side is called, from a host or a mesh's cluster: in the engine and in Python. Pure.

A Kubernetes service goes by its own name, without namespace and domain; ports say nothing. A bare address has
no name: addresses come and go with every rollout. A mesh names its clusters `outbound|9080|v1|HOST`, in newer
versions with a semicolon behind, and has clusters of its own that name nobody.
"""

import re

PASSING = ("PassthroughCluster", "BlackHoleCluster")
"""Clusters through which a mesh passes, or drops, calls to hosts it knows nothing of."""

_NAMELESS = ("", "-", *PASSING)

INBOUND = ("inbound|", "InboundPassthrough")
"""How a side-car's cluster begins that is its own workload."""

_PORT = ":[0-9]+$"
_KUBERNETES = r"^([^.]+)\.[^.]+\.svc(\..*)?$"
_ADDRESS = "^[0-9.]+$|:"


def host_name(text: str) -> str:
    """Return the SQL expression for the short name of a host, empty for an address."""
    without_port = f"replaceRegexpOne({text}, '{_PORT}', '')"
    short = f"replaceRegexpOne({without_port}, '{_in_sql(_KUBERNETES)}', '\\\\1')"
    return f"if(match({without_port}, '{_ADDRESS}'), '', {short})"


def short_name(text: str) -> str:
    """Return the short name of a host, as `host_name` has the engine work it out."""
    host = re.sub(_PORT, "", text)
    return "" if re.search(_ADDRESS, host) else re.sub(_KUBERNETES, r"\1", host)


def cluster_host(cluster: str) -> str:
    """Return the SQL expression for the short name of the host behind a mesh's cluster."""
    host = f"trimRight(if(position({cluster}, '|') > 0, splitByChar('|', {cluster})[4], {cluster}), ';')"
    nameless = ", ".join(f"'{name}'" for name in _NAMELESS)
    return f"if({cluster} IN ({nameless}), '', {host_name(host)})"


def short_cluster(cluster: str) -> str:
    """Return the short name of the host behind a mesh's cluster, as `cluster_host` has the engine do."""
    if cluster in _NAMELESS:
        return ""
    parts = cluster.split("|")
    host = parts[0] if len(parts) == 1 else (*parts, "", "", "")[3]
    return short_name(host.rstrip(";"))


def _in_sql(pattern: str) -> str:
    return pattern.replace("\\", "\\\\")
