"""Search against its slow twin: every line that is asked for is found, no other, and each once."""

import itertools
import random
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.logs.conftest import StoreLogs
from tests.telemetry.logs.log_builders import line, written_by
from tests.telemetry.logs.log_twin import Wanted, Written, by_severity, by_value, newest_first, shown
from tests.telemetry.otlp_builders import T0

from holdfast.telemetry.logs.model import LogFilter, LogLine
from holdfast.telemetry.logs.service import Asked, LogsService

BODIES = (
    "Connection to db-1 timed out after 30 ms",
    "connection reset by peer",
    "retry 1 of order=17: reset the Connection",
    "Übertragung abgebrochen – Größe 5",
    "user_id=42; path=/cart/7",
    "xconnection reset connection",
    "",
    "100% done! -- (ok)",
    "日本語 のログ timeout",
    "\x1b[31mERROR\x1b[0m \x1b[1mconnection\x1b[0m reset",
    "see \x1b]8;;http://a/b\x1b\\order 17\x1b]8;;\x1b\\ timed",
    "支付失败订单号17超时：timed out",
    "결제실패했습니다 주문 17",
)
WORDS = (
    "connection",
    "RESET",
    "timed",
    "17",
    "übertragung",
    "order",
    "nothing",
    "日本語",
    "ok",
    "失败",
    "语",
    "実",
    "실패",
    "号17",
    "订",
)
PHRASES = (
    "connection reset",
    "timed out",
    "order=17",
    "/cart/7",
    "of order",
    "-- (",
    "größe 5",
    "reset by",
    "单号17",
    "error connection",
)
BEGINNINGS = ("conn", "üb", "4", "tim")
SERVICES, ZONES, SEVERITIES = ("cart", "checkout", "it's"), ("", "a", "b"), ("info", "error", "warn", "fatal")
ROUTES = ("/cart", "/pay", "a=b!c")
SECONDS = 400


def world(number: int = 500) -> list[Written]:
    """Lines of several services over some minutes, many at the same instant, some the same in everything."""
    chance = random.Random(7)
    lines = []
    for _ in range(number):
        attributes = {"http.route": chance.choice(ROUTES)} if chance.random() < 0.7 else {}
        service, zone = chance.choice(SERVICES), chance.choice(ZONES)
        lines.append(
            Written(
                at=(T0 + chance.randrange(SECONDS)) * 10**9 + chance.choice((0, 0, 500_000_000)),
                service=service,
                severity=chance.choice(SEVERITIES),
                body=chance.choice(BODIES),
                zone=zone,
                trace=chance.choice(("", "", "0" * 31 + "1")),
                attributes=attributes,
                resource={"pod": f"{service}-{zone}", "http.route": "of the resource"},
            )
        )
    return lines


@pytest.fixture
def lines(store_logs: StoreLogs) -> list[Written]:
    """The world, stored in two segments."""
    found = world()
    for half in (found[::2], found[1::2]):
        store_logs(*(_resource(one) for one in half))
    return found


def _resource(one: Written) -> object:
    record = line(
        one.body,
        at=one.at / 1e9,
        severity=one.severity,
        attributes=one.attributes,
        trace_id=bytes.fromhex(one.trace),
    )
    return written_by(one.service, [record], zone=one.zone, **one.resource)


def searches() -> st.SearchStrategy[Wanted]:
    """Searches of every form, most of which find something."""
    kinds = [
        *(st.tuples(st.just(no + "word"), st.sampled_from(WORDS)) for no in ("", "no ")),
        *(st.tuples(st.just(no + "phrase"), st.sampled_from(PHRASES)) for no in ("", "no ")),
        *(st.tuples(st.just(no + "beginning"), st.sampled_from(BEGINNINGS)) for no in ("", "no ")),
    ]
    fields = st.one_of(
        st.tuples(st.just("service"), st.sampled_from(SERVICES)),
        st.tuples(st.just("severity"), st.sampled_from(SEVERITIES)),
        st.tuples(st.just("zone"), st.sampled_from(ZONES)),
        st.tuples(st.just("http.route"), st.sampled_from((*ROUTES, "of the resource", ""))),
        st.tuples(st.just("pod"), st.sampled_from(("cart-a", "checkout-"))),
        st.just(("trace", "0" * 31 + "1")),
    )
    seconds = st.integers(T0 - 20, T0 + SECONDS + 20)
    return st.builds(
        lambda words, wanted, unwanted, first, length: Wanted(
            tuple(words), tuple(wanted), tuple(unwanted), first * 10**9, (first + length) * 10**9
        ),
        st.lists(st.one_of(kinds), max_size=2),
        st.lists(fields, max_size=2),
        st.lists(fields, max_size=1),
        seconds,
        st.integers(1, SECONDS),
    )


def written(search: Wanted) -> Asked:
    """A search as a person writes it."""
    signs = {"word": "{}", "phrase": '"{}"', "beginning": "{}*"}
    terms = (
        ("-" if kind.startswith("no ") else "") + signs[kind.removeprefix("no ")].format(text)
        for kind, text in search.words
    )
    where = [f"{name}={value}" for name, value in search.wanted]
    where += [f"{name}!={value}" for name, value in search.unwanted]
    start, end = (datetime.fromtimestamp(at // 10**9, UTC).isoformat() for at in (search.start, search.end))
    return Asked(start, end, " ".join(terms), where)


def checked(examples: int) -> settings:
    """As many examples, however long each takes."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def sorted_lines(found: Iterable[LogLine | Written]) -> list[tuple[object, ...]]:
    """The distinguishing fields of lines, sorted: lines of one instant may come in any order."""
    return sorted(
        (one.at_nanoseconds, one.service, one.severity.value, one.body, one.zone)
        if isinstance(one, LogLine)
        else (one.at, one.service, one.severity, shown(one.body), one.zone)
        for one in found
    )


def all_pages(service: LogsService, wanted: LogFilter, limit: int) -> list[LogLine]:
    """Every line, page by page, every other page cut to its first half as one of too many bytes is."""
    found: list[LogLine] = []
    cursor: str | None = None
    for number in itertools.count():
        page = service.search(wanted, cursor=cursor, limit=limit)
        shown = page.lines if number % 2 else page.lines[: -(-len(page.lines) // 2)]
        found.extend(shown)
        following = page.after(len(shown))
        if following is None:
            return found
        cursor = str(following)


def test_a_search_finds_what_its_twin_finds(service: LogsService, lines: list[Written]) -> None:
    """All pages together hold the lines that a check of each line finds, for any search."""

    @checked(60)
    @given(searches(), st.sampled_from((1_000, 37)))
    def check(search: Wanted, limit: int) -> None:
        found = all_pages(service, service.filter(written(search)), limit)
        assert [one.at_nanoseconds for one in found] == sorted(
            (one.at_nanoseconds for one in found), reverse=True
        )
        assert sorted_lines(found) == sorted_lines(newest_first(lines, search))

    check()


def test_the_histogram_counts_what_its_twin_counts(service: LogsService, lines: list[Written]) -> None:
    """Lines per severity and step agree with looking at each, read from the counts or from the lines."""

    @checked(40)
    @given(searches(), st.sampled_from((10, 60)))
    def check(search: Wanted, step: int) -> None:
        whole = Wanted(
            search.words, search.wanted, search.unwanted, search.start // 10**10 * 10**10, search.end
        )
        if whole.end % 10**10:
            whole = Wanted(
                whole.words, whole.wanted, whole.unwanted, whole.start, (whole.end // 10**10 + 1) * 10**10
            )
        found = service.histogram(service.filter(written(whole)), step)
        assert {(one.epoch, one.level): one.lines for one in found.counts} == {
            (epoch, _level(severity)): n for (epoch, severity), n in by_severity(lines, whole, step).items()
        }
        assert found.total == len(newest_first(lines, whole))

    check()


def _level(severity: str) -> int:
    return ["", "trace", "debug", "info", "warn", "error", "fatal"].index(severity)


@pytest.mark.parametrize("field", ["service", "severity", "zone", "http.route"])
def test_a_facet_counts_what_its_twin_counts(service: LogsService, lines: list[Written], field: str) -> None:
    """Each value has as many lines as looking at each finds, without the conditions on its own field."""

    @checked(15)
    @given(searches())
    def check(search: Wanted) -> None:
        start, end = search.start // 10**10 * 10**10, -(-search.end // 10**10) * 10**10
        whole = Wanted(search.words, search.wanted, search.unwanted, start, end)
        found = service.facet(service.filter(written(whole)), field, 100)
        others = Wanted(
            whole.words,
            tuple(one for one in whole.wanted if one[0] != field),
            tuple(one for one in whole.unwanted if one[0] != field),
            start,
            end,
        )
        assert dict(found.values) == dict(by_value(lines, others, field))
        assert [n for _, n in found.values] == sorted((n for _, n in found.values), reverse=True)

    check()
