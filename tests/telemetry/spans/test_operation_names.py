"""Names with ids in them are one operation: the engine folds them as plain Python does."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry import counting_twin

from holdfast.telemetry.spans.operation_names import folded, folded_name
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse

UUID = "3f2a9c1e-1b2c-4d5e-8f90-abcdef012345"
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
OBJECT_ID = "507f1f77bcf86cd799439011"

_words = st.sampled_from(["cart", "v2", "s3", "deadbeef", "7", "8734", UUID, ULID, OBJECT_ID, "{id}", "x1y2"])
_separators = st.sampled_from(
    ["/", "-", "_", ".", " ", ":", "//", "", "é", "\n", "\x00", "{", "}", "\\", "'"]
)
_names = st.lists(_words | _separators | st.text(max_size=3), max_size=12).map("".join)
_hexadecimal = st.text("0123456789abcdefABCDEF-", max_size=60)


def fold(warehouse: ChdbWarehouse, names: Sequence[str]) -> list[str]:
    """Names as the engine folds them."""
    column = "arrayJoin({names:Array(String)})::LowCardinality(String)"
    rows = warehouse.query(
        f"SELECT toString({folded('name')}) FROM (SELECT {column} AS name)", {"names": list(names)}
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GET /cart/8734", "GET /cart/{id}"),
        ("GET /cart/8734/items/12?page=3", "GET /cart/{id}/items/{id}?page={id}"),
        ("/1/2/3/4", "/{id}/{id}/{id}/{id}"),
        (f"GET /orders/{UUID}", "GET /orders/{id}"),
        (f"GET /1-{UUID}-2/{UUID.upper()}", "GET /{id}-{id}-{id}/{id}"),
        (f"order_{OBJECT_ID}_sent", "order_{id}_sent"),
        (f"process {ULID}", "process {id}"),
        ("GET /api/v2/oauth2/s3", "GET /api/v2/oauth2/s3"),
        ("POST /checkout", "POST /checkout"),
        ("cafe face added", "cafe face added"),
        ("", ""),
    ],
)
def test_ids_in_names_are_folded(warehouse: ChdbWarehouse, name: str, expected: str) -> None:
    """Numbers, long hexadecimal, UUIDs and ULIDs are ids; words with a digit in them are not."""
    assert fold(warehouse, [name]) == [counting_twin.folded(name)] == [expected]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.lists(_names | _hexadecimal, min_size=1, max_size=50))
def test_the_engine_folds_as_plain_python_does(warehouse: ChdbWarehouse, names: list[str]) -> None:
    """Both fold any name alike, and a folded name does not change."""
    expected = [counting_twin.folded(name) for name in names]
    assert fold(warehouse, names) == fold(warehouse, expected) == expected
    assert [folded_name(name) for name in names] == expected
