"""Amounts in units: with a limit wherever there is one, and never a bare percentage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.telemetry.saturation.units import Unit, UnitKind, scale_of, short, text

UNITS = [Unit(kind, "thing") for kind in UnitKind]
AMOUNTS = st.floats(0, 1e13, allow_nan=False)


@pytest.mark.parametrize(
    ("used", "limit", "unit", "words"),
    [
        (27, 30, Unit(UnitKind.COUNT, "connection"), "27 of 30 connections"),
        (1, 1, Unit(UnitKind.COUNT, "connection"), "1 of 1 connection"),
        (3, None, Unit(UnitKind.COUNT, "request"), "3 requests"),
        (1, None, Unit(UnitKind.COUNT, "request"), "1 request"),
        (1234, 5000, Unit(UnitKind.COUNT, "file"), "1,234 of 5,000 files"),
        (276 * 2**20, 512 * 2**20, Unit(UnitKind.BYTES), "276 of 512 MiB"),
        (210 * 2**20, 8 * 2**30, Unit(UnitKind.BYTES), "210 MiB of 8 GiB"),
        (80 * 2**20, None, Unit(UnitKind.BYTES), "80 MiB"),
        (0.62, 2, Unit(UnitKind.CPUS, "CPU"), "0.62 of 2 CPUs"),
        (0.31, 1.0, Unit(UnitKind.RATIO, "its limit"), "31% of its limit"),
        (0.004, 1.0, Unit(UnitKind.RATIO, "its limit"), "<1% of its limit"),
        (0.006, None, Unit(UnitKind.TIME), "6 ms"),
        (2.5, None, Unit(UnitKind.TIME), "2.5 s"),
        (0, None, Unit(UnitKind.TIME), "0 s"),
        (0.0001, None, Unit(UnitKind.TIME), "100 µs"),
        (0.012, 1.0, Unit(UnitKind.TIME_SHARE), "12 ms of each 1 s"),
        (3.14, 10, Unit(UnitKind.RATE, "period"), "3.14 of 10 periods/s"),
    ],
)
def test_amounts_are_written_in_units(used: float, limit: float | None, unit: Unit, words: str) -> None:
    """As a person says them."""
    assert text(used, limit, unit) == words


def test_beside_its_title_a_count_needs_no_noun() -> None:
    """A title says what is counted; other units stay."""
    assert short(27, 30, Unit(UnitKind.COUNT, "connection")) == "27 of 30"
    assert short(3, None, Unit(UnitKind.COUNT, "request")) == "3"
    assert short(2**20, None, Unit(UnitKind.BYTES)) == "1 MiB"


@given(AMOUNTS, AMOUNTS.filter(bool), st.sampled_from(UNITS))
def test_every_amount_has_words(used: float, limit: float, unit: Unit) -> None:
    """No amount is without words, and none is written with an exponent as long as people can read it."""
    assert text(used, limit, unit)
    if used >= 1:
        assert "e+" not in text(used, None, unit)


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1e-3), ("MiBy", 2**20), ("%", 0.01), ("By", 1), ("", 1)])
def test_units_of_metrics_are_scaled(unit: str, factor: float) -> None:
    """To seconds, bytes and plain shares."""
    assert scale_of(unit) == factor
