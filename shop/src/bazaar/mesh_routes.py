"""The routes of the mesh: how long a call may take, what is retried, what can be broken. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bazaar.faults import abort_share_key, abort_status_key, delay_length_key, delay_share_key
from bazaar.layout import PROVIDER, PROVIDER_HOST, SERVICES

Document = dict[str, Any]

# A request that never reached a host may always be sent again.
_NEVER_ARRIVED = "connect-failure,refused-stream"
# A read may also be sent again when the connection broke half-way; reads of leaves, when a host answered 503.
# Services that call others do not retry those, because retries on every level multiply.
_READ_OF_CALLER = f"{_NEVER_ARRIVED},reset"
_READ_OF_LEAF = f"{_READ_OF_CALLER},gateway-error"
# The share of a read's time that its first try gets: the other host still has as much.
_TRY_SHARE = 0.45


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How the mesh treats calls to one service."""

    timeout_seconds: float
    retry_reads_on: str


POLICIES: dict[str, CallPolicy] = {
    "gateway": CallPolicy(timeout_seconds=10.0, retry_reads_on=_NEVER_ARRIVED),
    "storefront": CallPolicy(timeout_seconds=5.0, retry_reads_on=_READ_OF_CALLER),
    "search": CallPolicy(timeout_seconds=4.0, retry_reads_on=_READ_OF_CALLER),
    "recommendation": CallPolicy(timeout_seconds=1.0, retry_reads_on=_READ_OF_LEAF),
    "catalog": CallPolicy(timeout_seconds=2.0, retry_reads_on=_READ_OF_LEAF),
    "pricing": CallPolicy(timeout_seconds=2.0, retry_reads_on=_READ_OF_LEAF),
    "cart": CallPolicy(timeout_seconds=4.0, retry_reads_on=_READ_OF_CALLER),
    "checkout": CallPolicy(timeout_seconds=8.0, retry_reads_on=_READ_OF_CALLER),
    "payment": CallPolicy(timeout_seconds=4.0, retry_reads_on=_READ_OF_CALLER),
    "inventory": CallPolicy(timeout_seconds=2.0, retry_reads_on=_READ_OF_LEAF),
    "notification": CallPolicy(timeout_seconds=2.0, retry_reads_on=_READ_OF_LEAF),
    "shipping": CallPolicy(timeout_seconds=2.0, retry_reads_on=_READ_OF_LEAF),
}

# A shopper waits no longer for a charge; a charge is money, so it is never sent twice.
PROVIDER_TIMEOUT_SECONDS = 1.5


def edge_hosts() -> list[Document]:
    """What the world may call: gateway, under any name."""
    return [_service_host("gateway", domains=["*"])]


def egress_hosts() -> list[Document]:
    """What services may call: each other, and the payment provider."""
    inside = [_service_host(service, domains=[service]) for service in SERVICES]
    return [*inside, _provider_host()]


def _service_host(service: str, *, domains: list[str]) -> Document:
    policy = POLICIES[service]
    return {
        "name": service,
        "domains": domains,
        "routes": [
            _route(service, _reads(), policy, _retries_of_reads(policy)),
            _route(service, {"prefix": "/"}, policy, _retries(_NEVER_ARRIVED)),
        ],
        "typed_per_filter_config": {"envoy.filters.http.fault": _fault(service)},
    }


def _reads() -> Document:
    is_get = {"name": ":method", "string_match": {"exact": "GET"}}
    return {"prefix": "/", "headers": [is_get]}


def _retries_of_reads(policy: CallPolicy) -> Document:
    """A leaf's read that takes too long is retried; on higher levels retries would multiply."""
    retries = _retries(policy.retry_reads_on)
    if policy.retry_reads_on == _READ_OF_LEAF:
        retries["per_try_timeout"] = f"{policy.timeout_seconds * _TRY_SHARE:g}s"
    return retries


def _retries(retry_on: str) -> Document:
    """Once more, and not where it has just failed."""
    other_host = "envoy.retry_host_predicates.previous_hosts"
    kind = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
    return {
        "retry_on": retry_on,
        "num_retries": 1,
        "retry_host_predicate": [{"name": other_host, "typed_config": {"@type": kind}}],
        "host_selection_retry_max_attempts": 3,
    }


def _route(service: str, match: Document, policy: CallPolicy, retries: Document) -> Document:
    return {
        "name": service,
        "match": match,
        "route": {
            "weighted_clusters": _versions(service),
            "timeout": f"{policy.timeout_seconds}s",
            "retry_policy": retries,
        },
    }


def _versions(service: str) -> Document:
    """All to v1; runtime keys move the weights."""
    return {
        "runtime_key_prefix": f"bazaar.split.{service}",
        "clusters": [{"name": f"{service}-v1", "weight": 100}, {"name": f"{service}-v2", "weight": 0}],
    }


def _fault(service: str) -> Document:
    never = {"numerator": 0, "denominator": "HUNDRED"}
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
        "abort": {"http_status": 503, "percentage": never},
        "abort_percent_runtime": abort_share_key(service),
        "abort_http_status_runtime": abort_status_key(service),
        "delay": {"fixed_delay": "1s", "percentage": never},
        "delay_percent_runtime": delay_share_key(service),
        "delay_duration_runtime": delay_length_key(service),
    }


def _provider_host() -> Document:
    route = {"cluster": PROVIDER, "timeout": f"{PROVIDER_TIMEOUT_SECONDS}s"}
    return {
        "name": PROVIDER,
        "domains": [PROVIDER_HOST],
        "routes": [{"name": PROVIDER, "match": {"prefix": "/"}, "route": route}],
    }
