"""The names that telemetry has for a party or service of the catalog: `holdfast.dev/aliases`. Pure.

An alias is a name as telemetry has it, `checkoutservice` or `redis@redis-cart`; each `*` in it stands for any
characters, none included. Two services whose aliases could mean the same name are refused by the catalog, so
every name has one meaning.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from holdfast.catalog.model import Objective, Service

ANY = "*"


@dataclass(frozen=True, slots=True)
class Aliases:
    """The service of each alias: whole names, and patterns."""

    names: Mapping[str, str]
    patterns: tuple[tuple["re.Pattern[str]", str], ...] = ()

    def called(self, sent: str) -> str:
        """Return the service that telemetry knows by this name; a name without an alias is its own."""
        if sent in self.names:
            return self.names[sent]
        return next((service for pattern, service in self.patterns if pattern.fullmatch(sent)), sent)

    def sent_as(self, service: str, seen: Iterable[str]) -> tuple[str, ...]:
        """Return the names of a service in telemetry, its own first, patterns among the names `seen`."""
        whole = (alias for alias, of in self.names.items() if of == service)
        mine = [pattern for pattern, of in self.patterns if of == service]
        matching = (one for one in seen if any(pattern.fullmatch(one) for pattern in mine)) if mine else ()
        own = (service,) if self.called(service) == service else ()
        return tuple(dict.fromkeys((*own, *whole, *sorted(matching))))


@lru_cache(maxsize=8)
def aliases_of(services: tuple[Service, ...]) -> Aliases:
    """Return the aliases of these services."""
    every = [(alias, one.name) for one in services for alias in one.aliases]
    return Aliases(
        {alias: name for alias, name in every if ANY not in alias},
        tuple((_compiled(alias), name) for alias, name in every if ANY in alias),
    )


def counting_aliases(objective: Objective, services: tuple[Service, ...]) -> Objective:
    """Return an objective whose SLI counts its service under every whole alias too.

    Patterns are not counted: a name that comes later would change what was counted before.
    """
    aliases, sli = aliases_of(services), objective.sli
    names = aliases.sent_as(aliases.called(sli.total.service), ())
    also = tuple(sorted(set(names) - {sli.total.service}))
    if not also:
        return objective
    total, good = replace(sli.total, also=also), replace(sli.good, also=also)
    return replace(objective, sli=replace(sli, total=total, good=good))


@lru_cache(maxsize=1_000)
def _compiled(alias: str) -> "re.Pattern[str]":
    # Atomic groups: whoever chooses a name cannot make the match take longer than the name is long.
    first, *middle, last = (re.escape(part) for part in alias.split(ANY))
    between = "".join(f"(?>.*?{part})" for part in middle)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)


def is_overlapping(one: str, other: str) -> bool:
    """Return whether some name is meant by both aliases."""
    if ANY not in one:
        return one == other if ANY not in other else bool(_compiled(other).fullmatch(one))
    return _has_common_name(one, other) if ANY in other else bool(_compiled(one).fullmatch(other))


def _has_common_name(one: str, other: str) -> bool:
    """Walk through two patterns side by side, over every pair of places that some text reaches."""
    reached = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        at, beside = waiting.pop()
        if at == len(one) and beside == len(other):
            return True
        for step in _steps(one, at, other, beside):
            if step not in reached:
                reached.add(step)
                waiting.append(step)
    return False


def _steps(one: str, at: int, other: str, beside: int) -> Iterable[tuple[int, int]]:
    """Return the places in both aliases after one more character of a name, or after a `*` that ends."""
    first, second = one[at : at + 1], other[beside : beside + 1]
    if first == ANY:
        yield at + 1, beside
        if second:
            yield at, beside + 1
    if second == ANY:
        yield at, beside + 1
        if first:
            yield at + 1, beside
    if first and first == second:
        yield at + 1, beside + 1
