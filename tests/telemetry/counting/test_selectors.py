"""The counters of an SLI are complete and exact from the oldest stored span on, after any failure."""

import itertools
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.rounds import Rounds
from tests.telemetry import counting_twin
from tests.telemetry.counted_world import an_sli, forget_everything, stored_counters
from tests.telemetry.otlp_builders import T0, TraceRequest, of_service, segment, span, traces

from holdfast.catalog.model import Sli, SpanStatus
from holdfast.telemetry.counting.selectors import Selectors
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.layout import Layout

NOW = datetime.fromtimestamp(T0, UTC)
WIDTHS = {"10s": 10, "1m": 60, "1h": 3600}
DAY = 86_400
_tokens = itertools.count(1)

PLAIN = an_sli(1)
FAST = an_sli(2, max_duration_nanoseconds=100 * 10**6)
IN_EU = an_sli(3, attributes=(("area", ("eu",)),), status=SpanStatus.OK)
PAY = an_sli(4, "pay")
LIVE = an_sli(5, environment="production")
NOWHERE = an_sli(6, environment="", namespace="", attributes=(("area", ("eu",)),))
SHOP = an_sli(8, namespace="shop", max_duration_nanoseconds=100 * 10**6)

REQUEST = traces(
    of_service(
        "cart",
        [
            span(at=T0 - DAY, milliseconds=50),
            span(at=T0, milliseconds=150),
            span(at=T0 + 1, status="error", attributes={"area": "eu"}),
            span(at=T0 + 65, attributes={"area": "eu"}, trace_state="ot=th:8"),
            span(at=T0 + 66, kind="client"),
        ],
    ),
    of_service("pay", [span(at=T0 + 3600, status="error"), span(at=T0 + 3601)]),
)


class Cut(Exception):
    """The process died here."""


class Faulty:
    """A warehouse at whose n-th command, counted from 0, the process dies: before it or right after it."""

    def __init__(self, warehouse: ChdbWarehouse, at: int, *, is_done_first: bool) -> None:
        self._warehouse = warehouse
        self._left = at
        self._is_done_first = is_done_first

    def __getattr__(self, name: str) -> Any:
        """Everything but commands is the real one's."""
        return getattr(self._warehouse, name)

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        """Run a statement, unless it is the one to die at."""
        self._step(lambda: self._warehouse.command(sql, parameters or {}))

    def insert_rows(self, *arguments: Any) -> None:
        """Insert rows, unless it is the statement to die at."""
        self._step(lambda: self._warehouse.insert_rows(*arguments))

    def _step(self, run: Callable[[], None]) -> None:
        if self._left == 0 and not self._is_done_first:
            raise Cut
        run()
        if self._left == 0:
            raise Cut
        self._left -= 1


@pytest.fixture
def store(warehouse: ChdbWarehouse, tmp_path: Path) -> Callable[[TraceRequest], None]:
    """Store a request as a segment of its own."""

    def insert(request: TraceRequest) -> None:
        warehouse.insert_segment(Signal.TRACES, segment(tmp_path, request), f"selectors-{next(_tokens)}")

    return insert


def assert_exact(warehouse: ChdbWarehouse, slis: list[Sli], *requests: TraceRequest) -> None:
    """The counters of `slis` are at every width what counting by hand gives."""
    spans = list(counting_twin.seen(requests))
    ids = {sli.id for sli in slis}
    for width, seconds in WIDTHS.items():
        stored = {key: value for key, value in stored_counters(warehouse, width).items() if key[0] in ids}
        assert stored == counting_twin.counters(spans, slis, width=seconds), width


Store = Callable[[TraceRequest], None]


def test_stored_spans_are_counted_for_a_new_sli(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """An SLI installed after the spans were stored has the counters it would have had from the start."""
    store(REQUEST)
    slis = [PLAIN, FAST, IN_EU, PAY]
    assert Selectors(warehouse, layout).install(slis, now=NOW) == (1, 2, 3, 4)
    assert_exact(warehouse, slis, REQUEST)


def test_spans_before_and_after_are_each_counted_once(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """What was stored before the SLI came and what came after add up."""
    store(REQUEST)
    Selectors(warehouse, layout).install([PLAIN, IN_EU], now=NOW)
    store(REQUEST)
    assert_exact(warehouse, [PLAIN, IN_EU], REQUEST, REQUEST)


FROM_PLACES = traces(
    of_service("cart", [span(status="error")], environment="staging", namespace="shop"),
    of_service("cart", [span(), span(milliseconds=150)], environment=" Production", namespace="shop"),
    of_service("cart", [span()], **{"deployment.environment": "production"}),
    of_service("cart", [span(attributes={"area": "eu"}), span()], environment="Default"),
)


def test_an_sli_counts_the_spans_of_its_environment_and_namespace(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """Spans from elsewhere are not among its events, whether they came before it or after."""
    store(FROM_PLACES)
    slis = [PLAIN, LIVE, NOWHERE, SHOP]
    Selectors(warehouse, layout).install(slis, now=NOW)
    hours = {sli: counts for (sli, _), counts in stored_counters(warehouse, "1h").items()}
    assert hours == {1: (5, 6), 5: (3, 3), 6: (1, 2), 8: (2, 3)}
    store(FROM_PLACES)
    assert_exact(warehouse, slis, FROM_PLACES, FROM_PLACES)


def test_installing_again_changes_nothing(warehouse: ChdbWarehouse, layout: Layout, store: Store) -> None:
    """The same SLIs installed again are not counted again."""
    selectors = Selectors(warehouse, layout)
    selectors.install([PLAIN, PAY], now=NOW)
    store(REQUEST)
    assert selectors.install([PLAIN, PAY], now=NOW) == ()
    assert_exact(warehouse, [PLAIN, PAY], REQUEST)


def test_a_changed_sli_is_counted_from_stored_spans(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """A new definition has a new number and is counted from the stored spans; the others are left alone."""
    selectors = Selectors(warehouse, layout)
    selectors.install([PLAIN, PAY], now=NOW)
    store(REQUEST)
    changed = an_sli(9, max_duration_nanoseconds=60 * 10**6)
    assert selectors.install([changed, PAY], now=NOW) == (9,)
    assert_exact(warehouse, [changed, PAY], REQUEST)


def test_an_sli_that_comes_back_has_no_hole(warehouse: ChdbWarehouse, layout: Layout, store: Store) -> None:
    """Spans that came while an SLI was taken out of the catalog are counted when it is put back."""
    selectors = Selectors(warehouse, layout)
    selectors.install([PLAIN], now=NOW)
    store(REQUEST)
    selectors.install([PAY], now=NOW)
    store(REQUEST)
    assert selectors.install([PLAIN, PAY], now=NOW) == (1,)
    assert_exact(warehouse, [PLAIN, PAY], REQUEST, REQUEST)


def test_counters_older_than_the_stored_spans_are_kept(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """Counting an SLI afresh does not forget what only the counters still know."""
    selectors = Selectors(warehouse, layout)
    selectors.install([PLAIN], now=NOW)
    old = traces(of_service("cart", [span(at=T0 - 90 * DAY)]))
    store(old)
    warehouse.command("TRUNCATE TABLE otel_traces")  # as retention does
    store(REQUEST)
    selectors.install([], now=NOW)
    selectors.install([PLAIN], now=NOW)
    assert_exact(warehouse, [PLAIN], old, REQUEST)


def test_nothing_is_counted_without_slis(warehouse: ChdbWarehouse, layout: Layout, store: Store) -> None:
    """An empty catalog counts nothing, and taking all SLIs away stops the counting."""
    selectors = Selectors(warehouse, layout)
    selectors.install([PLAIN], now=NOW)
    selectors.install([], now=NOW)
    store(REQUEST)
    assert stored_counters(warehouse, "10s") == {}


def crash_at(warehouse: ChdbWarehouse, layout: Layout, store: Store, at: int, *, is_done_first: bool) -> bool:
    """Die at a command of an installation and go on; return whether there was one to die at."""
    slis = [PLAIN, IN_EU, PAY]
    forget_everything(warehouse)
    Selectors(warehouse, layout).install([PLAIN], now=NOW)
    store(REQUEST)
    faulty: Any = Faulty(warehouse, at, is_done_first=is_done_first)
    with suppress(Cut):
        Selectors(faulty, layout).install(slis, now=NOW)
        return False
    # The engine restarts and reads its dictionaries; segments may come before the catalog does.
    warehouse.command("SYSTEM RELOAD DICTIONARIES")
    store(REQUEST)
    Selectors(warehouse, layout).install(slis, now=NOW)
    assert_exact(warehouse, slis, REQUEST, REQUEST)
    return True


@pytest.mark.parametrize("at", [2, 9])
def test_a_crash_while_selectors_change_is_made_good(
    warehouse: ChdbWarehouse, layout: Layout, store: Store, at: int
) -> None:
    """If the process dies while selectors change, what comes next and the next install end exact."""
    assert crash_at(warehouse, layout, store, at, is_done_first=False)


@pytest.mark.prove
def test_a_crash_at_any_command_is_made_good(
    warehouse: ChdbWarehouse, layout: Layout, store: Store, rounds: Rounds
) -> None:
    """Before or after whichever command the process dies, the counters end exact."""

    def at_every_command(is_done_first: bool) -> None:  # noqa: FBT001 - one of two cases
        at = 0
        while crash_at(warehouse, layout, store, at, is_done_first=is_done_first):
            at += 1
        assert at > 10

    rounds.over("selectors", (False, True), at_every_command)


def test_names_from_the_catalog_stay_names(warehouse: ChdbWarehouse, layout: Layout, store: Store) -> None:
    """Quotes, backslashes and line ends in services, operations and values match what they say."""
    odd = 'it\'s \\ a "name"\n{x:String}'
    sli = an_sli(7, odd, attributes=((odd, (odd, "x")),))
    request = traces(of_service(odd, [span(odd, attributes={odd: odd}), span(odd)]))
    Selectors(warehouse, layout).install([sli], now=NOW)
    store(request)
    assert stored_counters(warehouse, "1h") == {(7, T0): (1, 2)}
    assert_exact(warehouse, [sli], request)


def test_of_an_attribute_sent_twice_the_first_counts(
    warehouse: ChdbWarehouse, layout: Layout, store: Store
) -> None:
    """An SLI goes by the first of two attributes of one name, of spans and of resources."""
    twice, other = span(attributes={"area": "eu"}), span(attributes={"area": "us"})
    twice.attributes.add(key="area").value.string_value = "us"
    other.attributes.add(key="area").value.string_value = "eu"
    of_resource = of_service("cart", [span()], area="eu")
    of_resource.resource.attributes.add(key="area").value.string_value = "us"
    Selectors(warehouse, layout).install([IN_EU], now=NOW)
    store(traces(of_service("cart", [twice, other]), of_resource))
    assert stored_counters(warehouse, "1h") == {(3, T0): (2, 3)}
