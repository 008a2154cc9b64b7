"""What a search text means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.logs.text import Term, parse, words_of
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse


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
    """Words, phrases, beginnings and their opposites are told apart as the guide says."""
    assert parse(text) == terms


@pytest.mark.parametrize(("text", "rule"), [("a " * 21, "20 terms"), ("a" * 1_001, "1000 characters")])
def test_a_text_has_limits(text: str, rule: str) -> None:
    """One that would take the engine too far is refused with its limit."""
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.rule == f"at most {rule}"


@given(st.text(max_size=1_000))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever is typed has a meaning or a refusal, and terms hold no blank words."""
    try:
        terms = parse(text)
    except Invalid:
        return
    assert all(term.text and all(term.words) for term in terms)


def test_words_are_cut_as_the_engine_cuts_them(warehouse: ChdbWarehouse) -> None:
    """What is looked up in the text index is what the engine put there."""
    bodies = [
        "Hello, World a_b-c 4.5",
        "ÜBER straße",
        "x/é€ tok",
        "日本語 テスト",
        "a\tb",
        "don't 'quote'",
        "",
    ]
    for body in bodies:
        ((found,),) = warehouse.query(
            "SELECT tokens(lowerUTF8({body:String}), 'splitByNonAlpha')", {"body": body}
        )
        assert tuple(found) == words_of(body)
