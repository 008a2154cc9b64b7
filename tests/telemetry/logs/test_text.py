"""What a search text means."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.refusals import check_says_why
from tests.telemetry.logs.log_twin import UNSPACED

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.logs.text import Term, parse
from holdfast.telemetry.logs.words import CLEAN, TEXT, cut, plain, words_of
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", ()),
        ("Timeout payment", (Term("timeout", ("timeout",)), Term("payment", ("payment",)))),
        ('"connection Reset"', (Term("connection reset", ("connection", "reset")),)),
        ("order-id=5", (Term("order-id=5", ("order", "id", "5")),)),
        ("-retry", (Term("retry", ("retry",), is_excluded=True),)),
        ('-"cache miss"', (Term("cache miss", ("cache", "miss"), is_excluded=True),)),
        ("tim*", (Term("tim", (), is_prefix=True),)),
        ("a.b*", (Term("a.b*", ("a", "b")),)),
        ('"not closed', (Term("not closed", ("not", "closed")),)),
        ('"" " "', ()),
        ('"->"', (Term("->", ()),)),
        ('a"b c"d', (Term("a", ("a",)), Term("b c", ("b", "c")), Term("d", ("d",)))),
    ],
)
def test_a_text_is_terms(text: str, terms: tuple[Term, ...]) -> None:
    """Words, phrases, prefixes and exclusions are distinguished as the guide says."""
    assert parse(text) == terms


@pytest.mark.parametrize(("text", "rule"), [("a " * 21, "20 terms"), ("a" * 1_001, "1000 characters")])
def test_a_text_has_limits(text: str, rule: str) -> None:
    """One that would take the engine too far is refused with its limit."""
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.rule == f"at most {rule}"


@given(st.text(max_size=1_000))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text has a meaning or is refused, and terms have no empty words."""
    try:
        terms = parse(text)
    except Invalid as refused:
        check_says_why(refused)
        return
    assert all(term.text and all(term.words) for term in terms)


BODIES = [
    "Hello, World a_b-c 4.5",
    "ÜBER straße",
    "x/é€ tok",
    "日本語 テスト",
    "支付失败订单号98765超时，重试",
    "결제실패했습니다 주문 777",
    "ไม่สามารถเชื่อมต่อ 5",
    "“checkout” – failed… 😀ok",
    "ａｂｃ１２３",
    "\ufeffstart\u200bmiddle\u200dend",
    "a\tb",
    "don't 'quote'",
    "C:\\new\\report",
    "",
]


def read(warehouse: ChdbWarehouse, expression: str, body: str) -> object:
    """What the engine makes of a line."""
    sql = f"SELECT {expression} FROM (SELECT {{body:String}} AS Body)"
    ((found,),) = warehouse.query(sql, {"body": body})
    return found


def test_words_are_cut_as_the_engine_cuts_them(warehouse: ChdbWarehouse) -> None:
    """What is looked up in the text index is what the engine put there."""
    for body in BODIES:
        found = read(warehouse, f"tokens({TEXT}, 'splitByNonAlpha')", body)
        assert tuple(found) == words_of(body)  # type: ignore[arg-type]  # a list of words


ESCAPED = [
    ("\x1b[31mERROR\x1b[0m done", "ERROR done"),
    ("\x1b[38;5;196;1mERR\x1b[mOR", "ERROR"),
    ("\x1b]8;;http://a/b\x1b\\order 7\x1b]8;;\x1b\\ ok", "order 7 ok"),
    ("\x1b]0;title\x07text", "text"),
    ("\x1b]8;;http://a unfinished", "8;;http://a unfinished"),
    ("\x1b(Btext\x1b=", "text"),
    ("torn \x1b[31", "torn 31"),
    ("torn \x1b", "torn "),
    ('{"msg":"\\u001b[31mERROR\\u001B[0m x"}', '{"msg":"ERROR x"}'),
    ('{"msg":"\\u001b]8;;http://a\\u001b\\\\order 7\\u001b]8;;\\u0007"}', '{"msg":"order 7"}'),
    ("\x1b]8;;file://C:\\a\x07shown", "8;;file://C:\\a\x07shown"),
    ("plain", "plain"),
    ("", ""),
]


@pytest.mark.parametrize(("body", "shown"), ESCAPED)
def test_terminal_escapes_are_neither_shown_nor_searched(
    warehouse: ChdbWarehouse, body: str, shown: str
) -> None:
    """What a terminal obeys is taken out, here and in the engine alike; no text beside it goes with it."""
    assert plain(body) == shown
    assert read(warehouse, CLEAN, body) == shown
    assert read(warehouse, TEXT, body) == shown.lower()


@pytest.mark.parametrize("unfinished", ["\\u001b]", "\x1b]", "\\u001b[", "\x1b[", "\x1b]x\\", "\x1b"])
def test_unfinished_escapes_take_time_by_their_number(warehouse: ChdbWarehouse, unfinished: str) -> None:
    """A line of nothing else, which would take hours if each were read to its end, is read at once."""
    body = unfinished * (1_000_000 // len(unfinished))
    assert len(plain(body)) < len(body)
    assert read(warehouse, f"length({CLEAN})", body) == len(plain(body))


def test_a_line_break_in_a_structured_body_is_between_words(warehouse: ChdbWarehouse) -> None:
    """JSON writes it as a letter n behind a stroke; outside of JSON that is a letter."""
    found = read(warehouse, f"tokens({TEXT}, 'splitByNonAlpha')", '{"stack":"failed\\nTraceback\\tline"}')
    assert found == ["stack", "failed", "traceback", "line"]
    assert read(warehouse, f"tokens({TEXT}, 'splitByNonAlpha')", "C:\\new") == ["c", "new"]


def test_letters_stand_alone_where_their_writing_sets_no_spaces() -> None:
    """All letters of such writings are words of their own, and none of the writings that set spaces."""
    spaced = {"LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "ARMENIAN", "GEORGIAN", "TAMIL"}
    for number in range(0x80, 0x30000):
        letter = chr(number)
        script = unicodedata.name(letter, "").split(" ")[0]
        is_letter = unicodedata.category(letter)[0] in "LM"
        if is_letter and script in UNSPACED:
            assert cut(letter) == f" {letter.lower()} ", hex(number)
        elif is_letter and script in spaced:
            assert cut(letter) == letter.lower(), hex(number)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("失败", (Term("失  败", ("失", "败")),)),
        ("失", (Term("失", ("失",)),)),
        ("失败*", (Term("失  败", ("失", "败")),)),
        ("order失*", (Term("order 失", ("order", "失")),)),
        ("订单17", (Term("订  单 17", ("订", "单", "17")),)),
    ],
)
def test_writings_without_spaces_are_phrases(text: str, terms: tuple[Term, ...]) -> None:
    """What is typed in such a writing is found anywhere; a beginning is no more than that."""
    assert parse(text) == terms
