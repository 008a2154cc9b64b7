"""Which parameters each read declares, by the API's description: several real endpoints refuse others."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "web" / "openapi.json"


def undeclared(path: str, query: dict[str, str]) -> set[str]:
    """Return the parameters of a question that its endpoint does not declare."""
    for pattern, names in _declared():
        if pattern.fullmatch(path):
            return query.keys() - names
    return set()


@functools.cache
def _declared() -> list[tuple[re.Pattern[str], frozenset[str]]]:
    """Fixed paths before those with names in them, so that each path meets its own."""
    paths = json.loads(DOCUMENT.read_text())["paths"]
    reads = [(path, each["get"]) for path, each in paths.items() if "get" in each]
    return [
        (
            re.compile(re.sub(r"\{\w+\}", "[^/]+", path.removeprefix("/api/v1"))),
            frozenset(one["name"] for one in read.get("parameters", ()) if one["in"] == "query"),
        )
        for path, read in sorted(reads, key=lambda each: each[0].count("{"))
    ]
