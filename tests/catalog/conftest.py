"""A small sound catalog, and the shortest way from YAML text to what is wrong with it."""

from collections.abc import Callable
from textwrap import dedent

import pytest
from tests.catalog.openslo_kinds import KINDS

from holdfast.catalog.assembly import Assembly, assemble
from holdfast.catalog.documents import split
from holdfast.catalog.problems import CatalogProblem, ordered
from holdfast.catalog.reading import SourceFile

SOUND = """\
apiVersion: openslo/v1
kind: Service
metadata:
  name: checkout
  displayName: Checkout
  labels: {team: payments, tier: "1"}
spec:
  description: Turns a cart into a paid order.
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: orders-succeed
  displayName: Orders succeed
  annotations:
    holdfast.dev/events: orders
spec:
  description: A shopper who wants to pay can.
  service: checkout
  indicator:
    metadata:
      name: orders
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource:
            type: traces
            spec:
              service: checkout
              operation: POST /orders
              status: ok
        total:
          metricSource:
            type: traces
            spec:
              service: checkout
              operation: POST /orders
  timeWindow:
    - duration: 28d
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
"""

Judge = Callable[..., tuple[CatalogProblem, ...]]
Read = Callable[..., Assembly]


def sources(*texts: str) -> list[SourceFile]:
    """Return texts as files called `1.yaml`, `2.yaml`, …."""
    return [SourceFile(f"{number}.yaml", dedent(text)) for number, text in enumerate(texts, 1)]


@pytest.fixture
def sound() -> str:
    """The text of a catalog with one service and one objective, without any problem."""
    return SOUND


@pytest.fixture
def judge() -> Judge:
    """Return every problem of the given texts."""

    def run(*texts: str) -> tuple[CatalogProblem, ...]:
        parts = split(sources(*texts), KINDS)
        return ordered((*parts.problems, *assemble(parts.documents, KINDS).problems))

    return run


@pytest.fixture
def read() -> Read:
    """Return what the given texts say, problems and all."""

    def run(*texts: str) -> Assembly:
        return assemble(split(sources(*texts), KINDS).documents, KINDS)

    return run


def edited(text: str, *replacements: tuple[str, str]) -> str:
    """Return `text` with each piece replaced once; a piece that is not there is a mistake in the test."""
    for old, new in replacements:
        assert old in text, f"{old!r} is not in the text"
        text = text.replace(old, new, 1)
    return text


@pytest.fixture
def edit(sound: str) -> Callable[..., str]:
    """Return the sound catalog with pieces replaced."""

    def run(*replacements: tuple[str, str]) -> str:
        return edited(sound, *replacements)

    return run


@pytest.fixture(scope="session")
def sound_text() -> str:
    """The sound catalog for property tests, which may not use fixtures made anew for each test."""
    return SOUND
