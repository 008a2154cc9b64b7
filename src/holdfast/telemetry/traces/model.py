"""Words of traces: spans as they are stored, and what a span alone says. Pure."""

from dataclasses import dataclass

_STATUS_KEYS = ("http.response.status_code", "http.status_code")
HANDLING = frozenset({"server", "consumer"})
"""Kinds of spans that answer for a request, rather than make one."""


@dataclass(frozen=True, slots=True)
class Span:
    """One span of a trace; instants in nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_span_id: str
    service: str
    operation: str
    kind: str
    zone: str
    version: str
    start_nanoseconds: int
    duration_nanoseconds: int
    status: str
    message: str
    attributes: tuple[tuple[str, str], ...]


def http_status(span: Span) -> int | None:
    """Return the HTTP status a span recorded, or None."""
    attributes = dict(span.attributes)
    text = next((attributes[key] for key in _STATUS_KEYS if attributes.get(key)), "")
    return int(text) if text.isascii() and text.isdigit() else None


def is_failed(span: Span) -> bool:
    """Whether a span failed, by OpenTelemetry's rule: a server answers for 5xx only, a client for 4xx too."""
    if span.status == "Error":
        return True
    status = http_status(span)
    if status is None or span.status == "Ok":
        return False
    return status >= 500 if span.kind in HANDLING else span.kind == "client" and status >= 400


def is_proxy(span: Span) -> bool:
    """Whether a span was made by a mesh proxy on a call's way rather than by a service."""
    attributes = dict(span.attributes)
    return (
        attributes.get("component") == "proxy"
        or span.service.startswith("envoy")
        or span.service == "unknown_service:envoy"
    )
