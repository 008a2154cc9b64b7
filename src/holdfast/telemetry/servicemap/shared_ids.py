"""Sides of one call whose spans have the same id, distinguished for the join.

With B3 a server's span continues its client's: both have one id and one parent (`traces/shared_ids.py` does
the same for a trace). Of the sides with one key the innermost keeps it, and with it what is below; the others
get keys of their own, each the parent of the next. Where `shared_query` finds no such key, sides are read as
they are stored.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

STORED = "holdfast_map_halves"

Roles = tuple[str, ...]
_CALLING, _HANDLING = ("client", "producer"), ("server", "consumer")


def shared_query(near: str, *, with_proxies: bool) -> str:
    """Return the query for whether sides of `near` at different ends of a call have one key: 0 or 1."""
    is_shared = " OR ".join(f"({_both(outer, inner, near)})" for outer, inner in _pairs(with_proxies))
    rows = f"SELECT 1 FROM {STORED} AS s WHERE {near} AND ({is_shared}) LIMIT 1"
    return f"SELECT count() FROM ({rows}) SETTINGS max_threads = 2"


def sides_with_own_keys(near: str, *, with_proxies: bool) -> str:
    """Return the sides of `near`, as a source to select from, each end of a call with a key of its own."""
    pairs = list(_pairs(with_proxies))
    keys = [f"{_both(outer, inner, near)}, {_own_key(outer)}" for outer, inner in pairs]
    parents = [f"{_both(inner, outer, near)}, {_own_key(outer)}" for outer, inner in reversed(pairs)]
    return (
        f"(SELECT * REPLACE (multiIf({', '.join(keys)}, s.Key) AS Key, "
        f"multiIf({', '.join(parents)}, s.ParentKey) AS ParentKey) FROM {STORED} AS s WHERE {near})"
    )


def _pairs(with_proxies: bool) -> Iterator[tuple[Roles, Roles]]:  # noqa: FBT001 - passed on as it came
    """Yield the roles at each place that a call passes, from the caller inwards, and all roles behind it."""
    passed: Sequence[Roles] = (_CALLING, ("proxy",), ("proxy_in",)) if with_proxies else (_CALLING,)
    for place, roles in enumerate(passed):
        yield roles, (*chain(*passed[place + 1 :]), *_HANDLING)


def _both(roles: Roles, others: Roles, near: str) -> str:
    """Return the condition that a side is of `roles` and shares its key with one of `others`."""
    found = f"SELECT Key FROM {STORED} WHERE {_is_of(others)} AND {near}"
    if roles not in (_CALLING, _HANDLING):
        # Proxies are few where there are any: only their keys are looked for among the others.
        found += f" AND Key IN (SELECT Key FROM {STORED} WHERE {_is_of(roles)} AND {near})"
    return f"{_is_of(roles)} AND s.Key IN ({found})"


def _is_of(roles: Roles) -> str:
    return "Role IN (" + ", ".join(f"'{role}'" for role in roles) + ")"


def _own_key(roles: Roles) -> str:
    return f"cityHash64(s.Key, '{roles[0]}')"
