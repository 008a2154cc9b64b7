"""Figures in tables: as short as a person reads them, at both sides of each change of unit."""

from collections.abc import Callable
from typing import Any

import pytest

from holdfast.runtime import figures


@pytest.mark.parametrize(
    ("write", "value", "shown"),
    [
        (figures.count, 1234.5, "1,234.5"),
        (figures.count, 0, "0"),
        (figures.rate, 12.34, "12.3/s"),
        (figures.rate, 0, "0.0/s"),
        (figures.rate, 0.1, "0.1/s"),
        (figures.rate, 0.099, "5.9/min"),
        (figures.rate, 0.1 / 60, "0.1/min"),
        (figures.rate, 0.0016, "5.8/h"),
        (figures.rate, 0.1 / 3600, "0.1/h"),
        (figures.rate, 5.949 / 3600, "5.9/h"),
        (figures.rate, 2 / 86_400, "2/d"),
        (figures.rate, 1.449995 / 86_400, "1.4/d"),
        (figures.rate, 1 / 86_400, "1/d"),
        (figures.times, 13.42, "13.4×"),
        (figures.percent, 0.0025, "0.25%"),
        (figures.percent, 0.9995, "99.95%"),
        (figures.count, -1234567.0, "-1,234,567"),
        (figures.count, 99_999.5, "99,999.5"),
        (figures.whole_percent, 0.834, "83%"),
        (figures.remaining, -0.58, "-58%"),
        (figures.remaining, -9.99, "-999%"),
        (figures.remaining, -10.0, "-1,000%"),
        (figures.remaining, -312.4, "-31,240%"),
        (figures.exact_percent, 0.9995, "99.95%"),
        (figures.latency, 0.000_999, "999 µs"),
        (figures.latency, 0.000_999_499_5, "999 µs"),
        (figures.latency, 0.001, "1 ms"),
        (figures.latency, 0.9994, "999 ms"),
        (figures.latency, 1, "1.00 s"),
        (figures.latency, -0.25, "-250 ms"),
        (figures.duration, 0, "0 s"),
        (figures.duration, -5, "-5 s"),
        (figures.duration, 59.4, "59 s"),
        (figures.duration, 60, "1 min"),
        (figures.duration, 3599, "59 min 59 s"),
        (figures.duration, 3600, "1 h"),
        (figures.duration, 3661, "1 h 1 min"),
        (figures.duration, 86_399, "23 h 59 min"),
        (figures.duration, 86_400 + 59, "1 d"),
        (figures.duration, 277_200, "3 d 5 h"),
    ],
)
def test_a_figure_is_written_in_its_unit(write: Callable[[Any], str], value: float, shown: str) -> None:
    """Each figure has the unit and the digits of its kind."""
    assert write(value) == shown


@pytest.mark.parametrize(
    "write",
    [
        figures.count,
        figures.rate,
        figures.times,
        figures.percent,
        figures.whole_percent,
        figures.remaining,
        figures.exact_percent,
        figures.latency,
        figures.duration,
    ],
)
def test_what_was_not_measured_is_a_dash(write: Callable[[Any], str]) -> None:
    """A missing figure is never written as zero."""
    assert write(None) == "–"
