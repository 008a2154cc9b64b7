"""The fake server is only worth something while it answers in the real server's shapes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast.runtime.clock import SystemClock

from .fake.server import Api
from .fake.world import World

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "web" / "openapi.json").read_text())
READS = {
    "/session": "/session",
    "/status": "/status",
    "/objectives": "/objectives",
    "/objectives/{name}": "/objectives/checkout-latency",
    "/objectives/{name}/series": "/objectives/checkout-latency/series",
    "/objectives/{name}/contributors": "/objectives/checkout-latency/contributors",
    "/objectives/{name}/breakdown": "/objectives/checkout-latency/breakdown",
    "/objectives/{name}/exemplars": "/objectives/checkout-latency/exemplars",
    "/services": "/services",
    "/services/{name}": "/services/payment",
    "/services/{name}/series": "/services/payment/series",
    "/traces": "/traces",
    "/traces/scatter": "/traces/scatter",
    "/traces/{trace_id}": "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02",
    "/metrics": "/metrics",
    "/metrics/{name}": "/metrics/shop.orders",
    "/metrics/{name}/series": "/metrics/http.server.request.duration/series",
    "/traces/{trace_id}/logs": "/traces/4f1c0a3b5d6e7f8091a2b3c4d5e69a02/logs",
    "/logs": "/logs",
    "/logs/histogram": "/logs/histogram",
    "/logs/facets": "/logs/facets",
    "/logs/patterns": "/logs/patterns",
    "/alerts": "/alerts",
    "/incidents": "/incidents",
    "/incidents/{number}": "/incidents/318",
    "/oncall": "/oncall",
    "/oncall/gaps": "/oncall/gaps",
    "/oncall/contacts": "/oncall/contacts",
    "/oncall/schedules/{name}/duties": "/oncall/schedules/shop/duties",
    "/oncall/schedules/{name}/overrides": "/oncall/schedules/payments/overrides",
    "/pages": "/pages",
    "/pages/{number}": "/pages/4409",
    "/pages/foreseen/{objective}": "/pages/foreseen/checkout-latency",
    "/catalog": "/catalog",
    "/changes": "/changes",
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def misfits(value: Any, schema: dict[str, Any], at: str = "") -> list[str]:
    """Return where a value differs from its schema, for the part of JSON Schema the server uses."""
    if reference := schema.get("$ref"):
        return misfits(value, DOCUMENT["components"]["schemas"][reference.rsplit("/", 1)[1]], at)
    if choices := schema.get("anyOf"):
        tried = [misfits(value, choice, at) for choice in choices]
        return [] if [] in tried else tried[0]
    kind = schema.get("type")
    if kind and not isinstance(value, KINDS[kind]):
        return [f"{at}: {value!r} is no {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is none of {schema['enum']}"]
    if kind == "array":
        return [
            line
            for index, item in enumerate(value)
            for line in misfits(item, schema["items"], f"{at}[{index}]")
        ]
    if kind == "object" and "properties" in schema:
        return _misfits_of_fields(value, schema, at)
    return []


def _misfits_of_fields(value: dict[str, Any], schema: dict[str, Any], at: str) -> list[str]:
    fields = schema["properties"]
    unknown = [f"{at}.{name}: not in the schema" for name in value.keys() - fields.keys()]
    missing = [f"{at}.{name}: missing" for name in set(schema.get("required", ())) - value.keys()]
    inside = [
        line
        for name in value.keys() & fields.keys()
        for line in misfits(value[name], fields[name], f"{at}.{name}")
    ]
    return unknown + missing + inside


@pytest.mark.parametrize("scenario", ["burning", "healthy", "empty", "places", "platform"])
def test_every_read_has_the_shape_of_the_api(scenario: str) -> None:
    """What the fake answers fits the OpenAPI document the page's client is generated from."""
    api = Api(World(scenario, SystemClock().now()))
    for path, asked in READS.items():
        if scenario == "empty" and "{" in path:
            continue
        number = "305" if scenario == "healthy" else "318"
        known = "invoices" if scenario == "places" else "payment"
        answer = api.get(asked.replace("318", number).replace("payment", known), {})
        operation = DOCUMENT["paths"][f"/api/v1{path}"]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert misfits(answer, schema, path) == []
