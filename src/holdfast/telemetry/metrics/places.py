"""Where the senders of series run, so that no line adds up environments or namespaces unasked. Pure."""

from collections.abc import Collection, Iterable, Mapping

from holdfast.runtime.places import environment_of, namespace_of, shown
from holdfast.telemetry.identity.model import ENVIRONMENT_KEYS, NAMESPACE_KEY, PlaceFilter, ServiceId

ALIASES = {
    "service": "Sender",
    "environment": "Environment",
    "namespace": "Namespace",
    "region": "Region",
    "cluster": "Cluster",
}
"""Words for the service of a series and where it runs, for series without an attribute of that name."""

ENVIRONMENT, NAMESPACE = "environment", "namespace"
_KEYS = {
    ENVIRONMENT: (ENVIRONMENT, *ENVIRONMENT_KEYS),
    NAMESPACE: (NAMESPACE, NAMESPACE_KEY),
}
"""The keys by which a question names what distinguishes services of one name."""


def as_compared(key: str, value: str) -> str:
    """Return the value of an alias as it is compared; `default` is the absent environment or namespace."""
    if key == ENVIRONMENT:
        return environment_of(value)
    return namespace_of(value) if key == NAMESPACE else value


def named(keys: Collection[str], scope: PlaceFilter) -> frozenset[str]:
    """Return which of environment and namespace a question names: by filters, grouping or scope."""
    found = {one for one, known in _KEYS.items() if not set(known).isdisjoint(keys)}
    found |= {ENVIRONMENT} if scope.environment is not None else set()
    return frozenset(found | ({NAMESPACE} if scope.namespace is not None else set()))


def differing(senders: Iterable[ServiceId], asked: Collection[str] = ()) -> tuple[str, ...]:
    """Return in what services of one name differ, environment or namespace, without what was `asked` for."""
    of_name: dict[str, list[ServiceId]] = {}
    for one in senders:
        of_name.setdefault(one.name, []).append(one)
    differs = {
        ENVIRONMENT: any(len({one.environment for one in ids}) > 1 for ids in of_name.values()),
        NAMESPACE: any(len({one.namespace for one in ids}) > 1 for ids in of_name.values()),
    }
    return tuple(key for key, is_so in differs.items() if is_so and key not in asked)


def label(senders: Collection[ServiceId], called: Mapping[ServiceId, str], split: Collection[str]) -> str:
    """Return what a line is called that was split off: its one service, or how many and where.

    Its senders are the same in what it was split by.
    """
    first, *others = senders
    if not others:
        return called[first].strip()
    names = {one.name for one in senders}
    where = PlaceFilter(
        first.environment if ENVIRONMENT in split else None, first.namespace if NAMESPACE in split else None
    )
    return f"{first.name if len(names) == 1 else f'{len(names)} services'}{where.words}"


def words(environments: Iterable[str]) -> list[str]:
    """Return environments or namespaces as people read them; none if only the absent one is there."""
    found = list(environments)
    return [shown(one) for one in found] if any(found) else []
