"""Which spans of a trace a mesh's proxies made, and which of those merely carry calls. Pure.

Between a caller and a called service that both send spans, those of proxies are hops. But where a workload
sends none, its side-car's span of the call that came in is all there is of it, and stands for it: many meshes
are traced by their side-cars alone.
"""

from collections.abc import Iterable, Mapping

from holdfast.telemetry.hosts import INBOUND
from holdfast.telemetry.traces.model import HANDLING, Span

CLUSTER_KEYS = ("upstream_cluster.name", "upstream_cluster")
"""Where Envoy writes whom it handed a call to: by the name for people, and by its own."""

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
    """Whether a span was made by a mesh proxy on a call's way rather than by a service.

    Envoy says so by its component; Istio's side-cars bear the name of the service they stand before, and are
    known by what only a proxy writes down.
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
    """Return the ids of the spans of a trace that merely carry calls."""
    trace = tuple(spans)
    made = {span.span_id for span in trace if is_proxy(span)}
    speaking = {span.parent_span_id for span in trace if span.kind in HANDLING and span.span_id not in made}
    silent = {span.span_id for span in trace if span.span_id not in speaking and _is_inbound(span)}
    return frozenset(made - silent)


def cluster_of(attributes: Mapping[str, str]) -> str:
    """Return the cluster a proxy handed a call to, empty for none."""
    return next((attributes[key] for key in CLUSTER_KEYS if attributes.get(key)), "")


def _is_inbound(span: Span) -> bool:
    return cluster_of(dict(span.attributes)).startswith(INBOUND)
