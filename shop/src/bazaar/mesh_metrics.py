"""An Envoy's metrics of the mesh, sent by OTLP to the receiver of its spans. Pure."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

FLUSH_SECONDS = 10

# An Envoy has thousands of metrics; these show how calls to each cluster went, and what the mesh did then.
_EXPORTED = (
    r"cluster\.[^.]+\.upstream_rq_(total|active|time|timeout|per_try_timeout|pending_overflow|\dxx)",
    r"cluster\.[^.]+\.upstream_rq_retry(|_success|_overflow|_limit_exceeded)",
    r"cluster\.[^.]+\.upstream_cx_(active|connect_fail|connect_timeout)",
    r"cluster\.[^.]+\.membership_(healthy|total)",
    r"cluster\.[^.]+\.outlier_detection\.(ejections_active|ejections_enforced_total)",
    r"cluster\.[^.]+\.health_check\.failure",
    r"http\.(edge|egress)\.(downstream_rq_(total|active|time|\dxx)|fault\.(aborts|delays)_injected)",
    r"server\.(memory_allocated|uptime|total_connections)",
)


def stats(resource: Document, telemetry_url: str) -> Document:
    """Return the parts of a bootstrap that configure metrics."""
    return {
        "stats_flush_interval": f"{FLUSH_SECONDS}s",
        "stats_config": {
            "stats_matcher": {"inclusion_list": {"patterns": [_pattern(one) for one in _EXPORTED]}}
        },
        "stats_sinks": [_sink(resource, telemetry_url)],
    }


def _pattern(regex: str) -> Document:
    return {"safe_regex": {"regex": regex}}


def _sink(resource: Document, telemetry_url: str) -> Document:
    package = "type.googleapis.com/envoy.extensions.stat_sinks.open_telemetry.v3"
    where = {"uri": f"{telemetry_url}/v1/metrics", "cluster": "telemetry", "timeout": "2s"}
    return {
        "name": "envoy.stat_sinks.open_telemetry",
        "typed_config": {
            "@type": f"{package}.SinkConfig",
            "http_service": {"http_uri": where},
            "resource_detectors": [resource],
            "report_histograms_as_deltas": True,
            "prefix": "envoy",
        },
    }
