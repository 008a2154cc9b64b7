"""The spans that a mesh's proxies made in a trace, and those of them that are mere hops. Pure.

Between a caller and a callee that both send spans, the spans of proxies are hops. If a workload sends none,
its sidecar's span of the incoming call is its only span and represents it: many meshes are traced only by
their sidecars.
"""

from collections.abc import Iterable, Mapping

from holdfast.telemetry.spans.peer_names import INBOUND
from holdfast.telemetry.traces.model import HANDLING, Span

CLUSTER_KEYS = ("upstream_cluster.name", "upstream_cluster")
"""The attributes in which Envoy records a call's upstream: by its readable name, and by its own."""

_PROXY_KEYS = frozenset(
    {
        "upstream_cluster",
        "upstream_cluster.name",
        "istio.mesh_id",
        "istio.canonical_service",
        "response_flags",
    }
)


def is_proxy(span: Span) -> bool:
    """Whether a span was made by a mesh proxy rather than by a service.

    Envoy sets its component; Istio's sidecars use the name of their service, and are recognised by attributes
    that only a proxy sets.
    """
    attributes = dict(span.attributes)
    return (
        attributes.get("component") == "proxy"
        or is_proxy_name(span.service)
        or any(key in attributes for key in _PROXY_KEYS)
    )


def is_proxy_name(service: str) -> bool:
    """Whether a service's name alone says that it is a mesh proxy."""
    return service.startswith("envoy") or service == "unknown_service:envoy"


def hops(spans: Iterable[Span]) -> frozenset[str]:
    """Return the ids of the spans of a trace that only forward calls."""
    trace = tuple(spans)
    made = {span.span_id for span in trace if is_proxy(span)}
    speaking = {span.parent_span_id for span in trace if span.kind in HANDLING and span.span_id not in made}
    silent = {span.span_id for span in trace if span.span_id not in speaking and is_inbound(span)}
    return frozenset(made - silent)


def cluster_of(attributes: Mapping[str, str]) -> str:
    """Return the upstream cluster of a proxy's call, empty for none."""
    return next((attributes[key] for key in CLUSTER_KEYS if attributes.get(key)), "")


def is_inbound(span: Span) -> bool:
    """Whether a proxy's span is of a call to the workload it stands before."""
    return cluster_of(dict(span.attributes)).startswith(INBOUND)
