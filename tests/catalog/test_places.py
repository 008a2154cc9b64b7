"""SLIs limited to an environment or a namespace: how they are written, and what they are the same as."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from holdfast.catalog.assembly import Assembly
from holdfast.catalog.effects import EffectKind
from holdfast.catalog.model import Sli, SpanKind, SpanSelector, SpanStatus
from holdfast.catalog.openslo.effects import objective_effects
from holdfast.catalog.store import sli_digest

Read = Callable[..., Assembly]
Judge = Callable[..., tuple[object, ...]]
PLAIN = SpanSelector("checkout", ("POST /orders",))
FULL = SpanSelector("pay.shop", ("a", "b"), SpanKind.CLIENT, (("code", ("200", "31")), ("zone", ("a",))))


def limited(sound: str, **given: str) -> str:
    """Return the sound catalog with both selectors of its SLI limited to a place."""
    line = "              operation: POST /orders"
    return sound.replace(
        line, "\n".join([*(f"              {name}: {value}" for name, value in given.items()), line])
    )


@pytest.mark.parametrize(
    ("written", "environment", "namespace"),
    [
        ({"environment": '" Production "', "namespace": "Shop"}, "production", "Shop"),
        ({"environment": "Default", "namespace": "default"}, "", ""),
        ({"namespace": "Default"}, None, "Default"),
        ({}, None, None),
    ],
)
def test_environment_and_namespace_are_read_as_telemetry_is(
    written: dict[str, str], environment: str | None, namespace: str | None, read: Read, sound: str
) -> None:
    """An environment has no case, `default` is the absent one, and what is left out is any."""
    (objective,) = read(limited(sound, **written)).catalog.objectives
    for selector in (objective.sli.total, objective.sli.good):
        assert (selector.environment, selector.namespace) == (environment, namespace)


def test_all_that_is_wrong_with_a_place_is_said_at_once(judge: Judge, sound: str) -> None:
    """A wrong environment does not hide a wrong namespace."""
    wrong = limited(sound, environment='""', namespace="7")
    paths = [one.path.rpartition(".")[2] for one in judge(wrong)]  # type: ignore[attr-defined]
    assert sorted(paths) == ["environment", "environment", "namespace", "namespace"]


def test_another_environment_is_another_sli(read: Read, sound: str) -> None:
    """It counts other spans, so its events are selected again; another spelling of it changes nothing."""

    def objectives(environment: str) -> tuple[object, ...]:
        return tuple(read(limited(sound, environment=environment)).catalog.objectives)

    def effects(old: str, new: str) -> list[EffectKind]:
        before, after = objectives(old), objectives(new)
        return [one.kind for one in objective_effects([before], [after])]  # type: ignore[list-item]

    assert effects("production", "staging") == [EffectKind.REMEASURED]
    assert effects("production", "PRODUCTION") == []


def _sli(total: SpanSelector, *, longest: int | None = None) -> Sli:
    good = replace(total, status=SpanStatus.OK, max_duration_nanoseconds=longest)
    return Sli(0, "orders", "Orders", total, good)


def test_an_sli_without_a_place_is_not_counted_again() -> None:
    """Its fingerprint is the one it had before selectors had an environment and a namespace."""
    assert sli_digest(_sli(PLAIN)) == "ec30ddfc4e2a9e4437c4466258571140f123c4c95524be3913b34be574f7c95d"
    full = _sli(FULL, longest=1_500_000_000)
    assert sli_digest(full) == "03e9e69e73c275f1357f9cbe23875b20fcbf01667e41d836f9dd0c2eb2bd1464"


def test_every_place_has_a_fingerprint_of_its_own() -> None:
    """Any, the absent one and each name differ, of environments and of namespaces."""
    places = [(of, within) for of in (None, "", "a", "b") for within in (None, "", "a", "b")]
    slis = (_sli(replace(PLAIN, environment=of, namespace=within)) for of, within in places)
    assert len({sli_digest(one) for one in slis}) == len(places)
