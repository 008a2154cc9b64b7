"""The condition for the edges between some stored ends, as SQL over edges called `e`. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass

from holdfast.telemetry.servicemap.model import SERVICE, NodeKey

Pair = tuple[NodeKey, NodeKey]
"""A caller and its callee, as they are stored."""

OF_NODE = ("Kind", "", "Namespace", "Environment")
"""The columns of an end, after `Caller` or `Callee`, in the order of a `NodeKey`."""


@dataclass(frozen=True, slots=True)
class StoredEnds:
    """A condition for edges with its parameters."""

    condition: str
    parameters: Mapping[str, object]


def of_pairs(pairs: Collection[Pair]) -> StoredEnds:
    """Return the condition for the edges of these pairs."""
    return _of(("Caller", "Callee"), [(*astuple(one), *astuple(other)) for one, other in pairs])


def of_node(pairs: Collection[Pair], *, is_called: bool) -> StoredEnds:
    """Return the condition for all calls to, or from, the node that these pairs have in common.

    A service is the same whoever calls it, so its callers of last week are included. What sends no spans may
    be named by its caller alone.
    """
    keys = {callee if is_called else caller for caller, callee in pairs}
    if any(one.kind != SERVICE for one in keys):
        return of_pairs(pairs)
    return _of(("Callee",) if is_called else ("Caller",), [astuple(one) for one in sorted(keys)])


def _of(ends: tuple[str, ...], rows: Collection[tuple[str, ...]]) -> StoredEnds:
    columns = [f"{end}{column}" for end in ends for column in OF_NODE]
    arrays = ", ".join(f"{{end{number}:Array(String)}}" for number in range(len(columns)))
    named = ", ".join(f"toString(e.{one})" for one in columns)
    return StoredEnds(
        f"tuple({named}) IN (SELECT arrayJoin(arrayZip({arrays})))",
        {f"end{n}": list(column) for n, column in enumerate(zip(*rows, strict=True))},
    )
