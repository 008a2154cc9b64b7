"""The columns of spans, lines and points that say where their sender runs, as SQL over its resource. Pure.

`model.identity_of` does the same in Python, and the tests compare the two.
"""

from holdfast.runtime.places import DEFAULT
from holdfast.telemetry.identity.model import CLUSTER_KEY, ENVIRONMENT_KEYS, NAMESPACE_KEY, REGION_KEY


def _of(key: str) -> str:
    return f"ResourceAttributes['{key}']"


def _or_absent(text: str) -> str:
    return f"if({text} = '{DEFAULT}', '', {text})"


_ENVIRONMENT = f"if({_of(ENVIRONMENT_KEYS[0])} != '', {_of(ENVIRONMENT_KEYS[0])}, {_of(ENVIRONMENT_KEYS[1])})"

PLACES = {
    "Environment": _or_absent(f"lower(trimBoth({_ENVIRONMENT}))"),
    "Namespace": _or_absent(_of(NAMESPACE_KEY)),
    "Region": _of(REGION_KEY),
    "Cluster": _of(CLUSTER_KEY),
}
"""The columns and the expressions that fill them."""

PLACE_COLUMNS = tuple(
    f"{name} LowCardinality(String) MATERIALIZED {sql} CODEC(ZSTD(1))" for name, sql in PLACES.items()
)
"""The columns as they are added to a table in the exporter's schema."""

PLACED = ("Environment", "Namespace", "Region")
"""Those of them that roll-ups and the map have; at the end of their keys, where older tables gained them."""

PLACED_COLUMNS = tuple(f"{name} LowCardinality(String)" for name in PLACED)
"""The columns as they are added to a roll-up, whose view fills them."""
