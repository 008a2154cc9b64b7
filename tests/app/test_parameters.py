"""Every parameter of every endpoint, with values nobody means: taken, or refused in plain words."""

import itertools
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.app.conftest import BASE_URL, LOOPBACK

from holdfast.app import compose
from holdfast.app.engines import Engines
from holdfast.app.page_files import PageFiles
from holdfast.app.readiness import Readiness
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.settings import Settings
from holdfast.telemetry.counting.store import WarehouseCounts
from holdfast.telemetry.traces.by_sli import WarehouseSpans
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

NUMBERS = ("-1", "0", "2147483648", "9223372036854775807", "9223372036854775808", "1" + "0" * 30, "9" * 400)
WORDS = (
    "",
    " ",
    "nan",
    "-inf",
    "1e400",
    "\u0661\u0662",
    "0x10",
    "1_000",
    "\x00",
    "\ud83d",
    "%00",
    "'",
    "9" * 45,
)
PLACES = (
    "9" * 19 + ".1",
    "9223372036854775807.9999999",
    "WzkyMjMzNzIwMzY4NTQ3NzU4MDcsIiIsIiJd",
    "W10",
    "bnVsbA",
)
"""Cursors as lists write them, with values they never hold."""
VALUES = (*NUMBERS, *WORDS, *PLACES)
PYTHON = re.compile(
    r"Python|Traceback|too large to convert|invalid literal|could not convert|codec can't|surrogates"
    r"|Error\(|DB::|sqlite3?\."
)
PARTS = 4
"""Of all values of all parameters, so that a failure is found in less time."""


def _cases(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and parameter for each parameter there is, headers left out."""
    return [
        (method, path, parameter)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", ())
        if parameter["in"] in ("query", "path") and not path.endswith("/tail")
    ]


@pytest.fixture
def engined(
    settings: Settings, clock: ManualClock, warehouse: ChdbWarehouse, sqlite_database: Database
) -> Iterator[TestClient]:
    """A server over the embedded engines, with nothing stored; one event loop for all its requests."""
    for directory in (settings.data, settings.data / "spool"):
        directory.mkdir(exist_ok=True)
    opened = Engines(
        database=sqlite_database,
        warehouse=warehouse,
        layout=Layout(),
        counts=lambda watermark: WarehouseCounts(warehouse, watermark),
        spans=WarehouseSpans(warehouse),
        is_embedded=True,
        prepared=threading.Event(),
    )
    made = compose.services(settings, clock, opened)
    app = compose.app(made, Readiness({}), PageFiles({}), settings, clock)
    with TestClient(app, base_url=BASE_URL, client=LOOPBACK) as client:
        yield client


@pytest.mark.parametrize("part", range(PARTS))
def test_no_value_of_a_parameter_is_an_error_of_ours(engined: TestClient, part: int) -> None:
    """Each parameter, one at a time, takes each value or refuses it as a problem document in plain words."""
    wrong = []
    cases = itertools.product(_cases(engined.app.openapi()), VALUES)
    for number, ((method, path, parameter), value) in enumerate(cases):
        name, is_path = parameter["name"], parameter["in"] == "path"
        if number % PARTS != part or (is_path and not value.strip(" \x00/")):
            continue
        address = re.sub(r"\{(\w+)\}", lambda found, n=name: "\0" if found[1] == n else "1", path)
        query = {} if is_path else {name: value.encode("utf-8", "surrogatepass")}
        answer = engined.request(
            method.upper(),
            address.replace("\0", _escaped(value)),
            params=query or None,
            headers={"Idempotency-Key": str(number)},
        )
        if answer.status_code >= 500 or (answer.status_code >= 400 and PYTHON.search(answer.text)):
            wrong.append((method, path, name, value[:30], answer.status_code, answer.text[:300]))
    assert wrong == []


def test_every_number_has_bounds(served) -> None:
    """Each parameter that is a number says its least and its largest value, and every cursor its length."""
    unbounded = [
        (method, path, parameter["name"])
        for method, path, parameter in _cases(served.app.openapi())
        for schema in parameter["schema"].get("anyOf", [parameter["schema"]])
        if (schema.get("type") in ("integer", "number") and not {"minimum", "maximum"} <= schema.keys())
        or (parameter["name"] == "cursor" and schema.get("type") == "string" and "maxLength" not in schema)
    ]
    assert unbounded == []


def _escaped(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))
