"""A histogram's point whose buckets mean nothing is rejected by name; the points beside it are taken."""

import math

import pytest
from tests.telemetry.bodies import metrics
from tests.telemetry.intake.fuzz.seeds import NOW, WINDOW

from holdfast.telemetry.intake.otlp.batch import Batch, Rule
from holdfast.telemetry.intake.otlp.json_bodies import decode_json
from holdfast.telemetry.intake.otlp.rules import decode
from holdfast.telemetry.model import Signal


def explicit(counts: list[int], bounds: list[float]) -> Batch:
    """Return what becomes of a point with these buckets beside a sound one."""
    request = metrics(NOW, 1, 2, kind="histogram")
    point = request.resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points[0]
    point.bucket_counts.extend(counts)
    point.explicit_bounds.extend(bounds)
    return decode(Signal.METRICS, request.SerializeToString(), WINDOW)


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [([], []), ([5], []), ([1, 2], [0.5]), ([1, 2, 3], [-math.inf, math.inf]), ([1, 2, 3], [-1.0, 0.0])],
)
def test_sound_buckets_are_taken(counts: list[int], bounds: list[float]) -> None:
    """One bucket more than bounds that increase, or none of both, goes on as it came."""
    batch = explicit(counts, bounds)
    assert (batch.accepted, batch.rejections, batch.is_rewritten) == (2, (), False)


@pytest.mark.parametrize(
    ("counts", "bounds", "rule", "example"),
    [
        ([1, 2], [], Rule.BAD_BUCKET_COUNTS, "2 bucket_counts with 0 explicit_bounds"),
        ([], [1.0], Rule.BAD_BUCKET_COUNTS, "0 bucket_counts with 1 explicit_bounds"),
        ([1, 2], [1.0, 2.0], Rule.BAD_BUCKET_COUNTS, "2 bucket_counts with 2 explicit_bounds"),
        ([1, 2, 3, 4], [1.0, 2.0], Rule.BAD_BUCKET_COUNTS, "4 bucket_counts with 2 explicit_bounds"),
        ([1, 2, 3], [2.0, 1.0], Rule.BAD_BOUNDS, "explicit_bounds[1]=1.0 after 2.0"),
        ([1, 2, 3], [1.0, 1.0], Rule.BAD_BOUNDS, "explicit_bounds[1]=1.0 after 1.0"),
        ([1, 2, 3], [1.0, math.nan], Rule.BAD_BOUNDS, "explicit_bounds[1]=nan after 1.0"),
        ([1, 2], [math.nan], Rule.BAD_BOUNDS, "explicit_bounds[0]=nan"),
    ],
)
def test_buckets_that_mean_nothing_are_rejected(
    counts: list[int], bounds: list[float], rule: Rule, example: str
) -> None:
    """The point is rejected with the rule it breaks and what was found; the other one is taken."""
    batch = explicit(counts, bounds)
    assert batch.accepted == 1
    assert [(one.rule, one.count, one.example) for one in batch.rejections] == [(rule, 1, example)]


@pytest.mark.parametrize(
    ("scale", "accepted"), [(-12, 1), (-11, 2), (0, 2), (20, 2), (21, 1), (2**31 - 1, 1), (-(2**31), 1)]
)
def test_scales(scale: int, accepted: int) -> None:
    """An exponential histogram's scale lies where its buckets can hold numbers, or its point is rejected."""
    request = metrics(NOW, 1, 2, kind="exponential_histogram")
    points = request.resource_metrics[0].scope_metrics[0].metrics[0].exponential_histogram.data_points
    points[0].scale = scale
    batch = decode(Signal.METRICS, request.SerializeToString(), WINDOW)
    assert (batch.accepted, batch.rejected) == (accepted, 2 - accepted)
    assert {one.rule for one in batch.rejections} <= {Rule.BAD_SCALE}


def test_json_is_judged_alike() -> None:
    """The rule does not depend on the form of the request."""
    body = (
        '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"t","histogram":{"dataPoints":['
        f'{{"timeUnixNano":"{NOW}","bucketCounts":["1"],"explicitBounds":[1]}},'
        f'{{"timeUnixNano":"{NOW}","bucketCounts":["1","0"],"explicitBounds":[1]}}]}}}}]}}]}}]}}'
    )
    batch = decode_json(Signal.METRICS, body.encode(), WINDOW)
    assert (batch.accepted, batch.rejections[0].rule) == (1, Rule.BAD_BUCKET_COUNTS)
