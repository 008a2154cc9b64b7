"""The clusters of the mesh: where calls go, and when a host gets no more calls. Pure."""

from __future__ import annotations

from typing import Any

from bazaar.layout import HOST, PROVIDER, REGION, VERSIONS, Layout

Document = dict[str, Any]

# Below this many failures in a row a host stays; at half a request a second, 20 take most of a minute, so a
# dependency's short outage does not look like a broken host.
_FAILURES_TO_EJECT = 20


def service_clusters(layout: Layout, service: str) -> list[Document]:
    """Return one cluster for each version; that of a version without replicas has no hosts."""
    return [
        _service_cluster(f"{service}-{track}", [_endpoints(one.zone, one.port) for one in replicas])
        for track in VERSIONS
        for replicas in [layout.replicas_of(service, track)]
    ]


def provider_cluster(layout: Layout) -> Document:
    """The payment provider: somebody else's, so neither probed nor ejected."""
    where = [{"lb_endpoints": [_endpoint(layout.provider_port)]}]
    return _cluster(PROVIDER, where)


def local_cluster(layout: Layout, zones: tuple[str, ...]) -> Document:
    """The Envoys themselves: zone-aware routing compares their spread with that of the callees."""
    return _cluster("mesh", [_endpoints(zone, layout.zone(zone).egress) for zone in zones])


def telemetry_cluster(host: str, port: int) -> Document:
    """Where Envoy sends its spans."""
    where = {"socket_address": {"address": host, "port_value": port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": where}}]}]
    return _cluster("telemetry", endpoints) | {"type": "STRICT_DNS"}


def _service_cluster(name: str, endpoints: list[Document]) -> Document:
    return _cluster(name, endpoints) | {
        "common_lb_config": {
            "zone_aware_lb_config": {"routing_enabled": {"value": 100}, "min_cluster_size": 1}
        },
        "health_checks": [_health_check()],
        "outlier_detection": _outlier_detection(),
    }


def _cluster(name: str, endpoints: list[Document]) -> Document:
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "0.5s",
        "load_assignment": {"cluster_name": name, "endpoints": endpoints},
        "typed_extension_protocol_options": {f"{_HTTP_OPTIONS}.HttpProtocolOptions": _http()},
    }


_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3"


def _http() -> Document:
    """Idle connections are closed before the servers would close them: a call never meets a closing one."""
    return {
        "@type": f"type.googleapis.com/{_HTTP_OPTIONS}.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": "30s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _health_check() -> Document:
    return {
        "timeout": "2s",
        "interval": "5s",
        "unhealthy_interval": "1s",
        "no_traffic_interval": "5s",
        "initial_jitter": "0.2s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": "/healthz"},
    }


def _outlier_detection() -> Document:
    return {
        "consecutive_5xx": _FAILURES_TO_EJECT,
        "consecutive_gateway_failure": _FAILURES_TO_EJECT,
        "interval": "5s",
        "base_ejection_time": "10s",
        "max_ejection_time": "20s",
        "max_ejection_percent": 50,
    }


def _endpoints(zone: str, port: int) -> Document:
    return {"locality": {"region": REGION, "zone": zone}, "lb_endpoints": [_endpoint(port)]}


def _endpoint(port: int) -> Document:
    return {"endpoint": {"address": {"socket_address": {"address": HOST, "port_value": port}}}}
