"""Objectives of one environment: their lists, alerts and marks, and what is missing data for them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.acceptance.stage import Stage
from tests.objectives.cases import a_catalog, an_objective

from holdfast.catalog.model import Objective
from holdfast.runtime import journal
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.telemetry.identity.model import ServiceId

MINUTE = timedelta(minutes=1)


def placed(name: str, sli: int, environment: str | None, namespace: str | None = None) -> Objective:
    """Return an objective over the spans of one environment and namespace."""
    plain = an_objective(name, sli=sli)
    total, good = (
        replace(side, environment=environment, namespace=namespace)
        for side in (plain.sli.total, plain.sli.good)
    )
    return replace(plain, sli=replace(plain.sli, total=total, good=good))


@pytest.fixture
def stage(
    sqlite_database: Database, clock: ManualClock, make_api: Callable[..., TestClient], tmp_path: Path
) -> Stage:
    """Checkout in production and in staging; for ten minutes only staging sends, and fails."""
    stage = Stage(sqlite_database, clock, make_api, tmp_path)
    stage.catalog = a_catalog(
        placed("live", 11, "production"),
        placed("trial", 12, "staging", "shop"),
        placed("unplaced", 13, ""),
        placed("anywhere", 14, None),
    )
    for n in range(720):
        when = clock.now() - n * timedelta(seconds=10)
        for environment, sli in (("staging", 12), ("production", 11)):
            if environment == "staging" or n > 60:
                stage.counts.record(sli, when, good=10, bad=10 if environment == "staging" else 0)
                stage.counts.record(14, when, good=10, bad=10 if environment == "staging" else 0)
                stage.counts.see(ServiceId("checkout", "shop", environment), when)
    stage.is_silent = True
    stage.run(timedelta(seconds=10))
    return stage


def names(found: dict[str, Any], key: str = "name") -> set[str]:
    """Return a field of every item of a list."""
    return {one[key] for one in found["items"]}


def test_only_its_own_environment_is_data_of_an_objective(stage: Stage) -> None:
    """An objective of production has no data while only staging sends; one of all environments has."""
    states = {one["name"]: one["state"] for one in stage.get("/objectives")["items"]}
    assert states["live"] == "no_data"
    assert states["anywhere"] != "no_data"
    assert states["trial"] != "no_data"
    reason = stage.get("/objectives/live")["reason"]
    assert reason.startswith("checkout in production sent nothing in 10 of the last 10 minutes")
    assert "no span of checkout in default" in stage.get("/objectives/unplaced")["reason"]


def test_objectives_are_listed_for_their_environment(stage: Stage) -> None:
    """An objective that names no environment is in each of them; null is any, empty is the absent one."""
    assert names(stage.get("/objectives", environment="Production")) == {"live", "anywhere"}
    assert names(stage.get("/objectives", environment="default")) == {"unplaced", "anywhere"}
    assert names(stage.get("/objectives", environment="staging", namespace="shop")) == {"trial", "anywhere"}
    assert names(stage.get("/objectives", namespace="other")) == {"live", "unplaced", "anywhere"}
    shown = {one["name"]: (one["environment"], one["namespace"]) for one in stage.get("/objectives")["items"]}
    assert shown == {
        "live": ("production", None),
        "trial": ("staging", "shop"),
        "unplaced": ("", None),
        "anywhere": (None, None),
    }
    detail = stage.get("/objectives/trial")["sli"]
    assert (detail["environment"], detail["namespace"]) == ("staging", "shop")


def test_alerts_keep_the_environment_they_fired_in(stage: Stage) -> None:
    """What fired for staging stays an alert of staging when its objective counts another environment."""
    assert names(stage.get("/alerts"), "objective") == {"trial", "anywhere"}
    assert names(stage.get("/alerts", environment="production"), "objective") == {"anywhere"}
    stage.catalog = a_catalog(placed("trial", 19, "production"))
    assert names(stage.get("/alerts", state="all", environment="staging"), "objective") == {
        "trial",
        "anywhere",
    }
    trial = next(one for one in stage.get("/alerts", state="all")["items"] if one["objective"] == "trial")
    assert (trial["environment"], trial["namespace"]) == ("staging", "shop")


def test_charts_have_the_changes_of_their_environment(
    stage: Stage, sqlite_database: Database, clock: ManualClock
) -> None:
    """A change without an environment is on every chart, one of staging on those that count staging."""
    with sqlite_database.write() as tx:
        for word, data in (("every", {}), ("stage", {"environment": "staging"})):
            at = clock.now() - MINUTE
            journal.append(tx, journal.Entry(at, "change.deploy", "ci", "service/checkout", word, data=data))

    def marked(name: str) -> set[str]:
        marks = stage.get(f"/objectives/{name}/series")["marks"]
        return {one["label"] for one in marks if one["kind"] == "change"}

    assert marked("live") == {"checkout: every"}
    assert marked("trial") == marked("anywhere") == {"checkout: every", "checkout: stage"}
