"""The mesh of one zone: an Envoy bootstrap as a plain document. Pure.

Two listeners. The edge lets shoppers in, to gateway. The egress is the forward proxy of every
service in the zone: a call to http://checkout/orders finds its cluster by the host name.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from bazaar import NAME, VERSION
from bazaar.faults import resting_runtime
from bazaar.layout import ENVIRONMENT, HOST, REGION, SERVICES, ZONES, Layout
from bazaar.mesh_clusters import local_cluster, provider_cluster, service_clusters, telemetry_cluster
from bazaar.mesh_metrics import stats
from bazaar.mesh_routes import edge_hosts, egress_hosts

Document = dict[str, Any]

# Envoy would send a request per 5 spans; one request a second costs far less at both ends.
_TRACING_RUNTIME = {
    "tracing.opentelemetry.flush_interval_ms": 1000,
    "tracing.opentelemetry.min_flush_spans": 500,
}


def bootstrap(layout: Layout, zone: str, telemetry_url: str) -> Document:
    """Return the configuration of the Envoy of `zone`."""
    doors = layout.zone(zone)
    return {
        "node": {"id": f"envoy-{zone}", "cluster": NAME, "locality": {"region": REGION, "zone": zone}},
        **stats(_resource(zone, {"service.name": f"envoy-{zone}"}), telemetry_url),
        "admin": {"address": _address(doors.admin)},
        "cluster_manager": {"local_cluster_name": "mesh"},
        "layered_runtime": _runtime(),
        "static_resources": {
            "listeners": [
                _listener("edge", doors.edge, "INBOUND", edge_hosts(), _tracing("edge", zone, telemetry_url)),
                _listener(
                    "egress",
                    doors.egress,
                    "OUTBOUND",
                    egress_hosts(),
                    _tracing(f"envoy-{zone}", zone, telemetry_url),
                ),
            ],
            "clusters": _clusters(layout, telemetry_url),
        },
    }


def _clusters(layout: Layout, telemetry_url: str) -> list[Document]:
    telemetry = urlsplit(telemetry_url)
    clusters = [cluster for service in SERVICES for cluster in service_clusters(layout, service)]
    return [
        *clusters,
        provider_cluster(layout),
        local_cluster(layout, ZONES),
        telemetry_cluster(telemetry.hostname or HOST, telemetry.port or 4318),
    ]


def _runtime() -> Document:
    return {
        "layers": [
            {"name": "rest", "static_layer": {**_TRACING_RUNTIME, **resting_runtime()}},
            {"name": "admin", "admin_layer": {}},
        ]
    }


def _listener(name: str, port: int, direction: str, hosts: list[Document], tracing: Document) -> Document:
    manager = {
        "@type": f"{_HTTP_MANAGER}.HttpConnectionManager",
        "stat_prefix": name,
        "tracing": tracing,
        "generate_request_id": True,
        "use_remote_address": name == "edge",
        "http_filters": [_filter("fault", "HTTPFault"), _filter("router", "Router")],
        "route_config": {"name": name, "virtual_hosts": hosts},
    }
    return {
        "name": name,
        "address": _address(port),
        "traffic_direction": direction,
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }


_HTTP_MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3"


def _filter(name: str, message: str) -> Document:
    kind = f"type.googleapis.com/envoy.extensions.filters.http.{name}.v3.{message}"
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": kind}}


def _tracing(service: str, zone: str, telemetry_url: str) -> Document:
    """Every request is traced, in as one span and out as another, so a retry shows as two calls.

    The door has a service name of its own, because it has an objective. Envoy writes HTTP attributes under
    names older than the stable ones; the tags add the current names.
    """
    config = {
        "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
        "service_name": service,
        "http_service": {
            "http_uri": {"uri": f"{telemetry_url}/v1/traces", "cluster": "telemetry", "timeout": "2s"}
        },
        "resource_detectors": [_resource(zone, {})],
    }
    return {
        "random_sampling": {"value": 100},
        "spawn_upstream_span": True,
        "operation": "%REQ(:METHOD)% %ROUTE_NAME%",
        "upstream_operation": "%REQ(:METHOD)% %ROUTE_NAME%",
        "custom_tags": [
            {"tag": "http.request.method", "value": "%REQ(:METHOD)%"},
            {"tag": "http.response.status_code", "value": "%RESPONSE_CODE%"},
            {"tag": "service.peer.name", "value": "%ROUTE_NAME%"},
        ],
        "provider": {"name": "envoy.tracers.opentelemetry", "typed_config": config},
    }


def _resource(zone: str, more: dict[str, str]) -> Document:
    package = "type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3"
    return {
        "name": "envoy.tracers.opentelemetry.resource_detectors.static_config",
        "typed_config": {
            "@type": f"{package}.StaticConfigResourceDetectorConfig",
            "attributes": {
                **more,
                "service.namespace": NAME,
                "service.version": VERSION,
                "service.instance.id": f"envoy-{zone}",
                "cloud.availability_zone": zone,
                "cloud.region": REGION,
                "deployment.environment.name": ENVIRONMENT,
            },
        },
    }


def _address(port: int) -> Document:
    return {"socket_address": {"address": HOST, "port_value": port}}
