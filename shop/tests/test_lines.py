"""Order lines, and the cart they add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bazaar.goods import assortment
from bazaar.lines import BadRequestError, Line, documents_of, lines_from, total_cents, with_line

lines = st.builds(
    Line,
    product_id=st.sampled_from([item.id for item in assortment()]),
    quantity=st.integers(1, 99),
    price_cents=st.integers(0, 100_000),
)


@given(st.lists(lines).map(tuple), lines)
def test_a_cart_holds_each_product_once(cart: tuple[Line, ...], new: Line) -> None:
    """Adding a product again adds to its line, at the newest price, and never beyond the limit."""
    before: tuple[Line, ...] = ()
    for line in cart:
        before = with_line(before, line)
    after = {line.product_id: line for line in with_line(before, new)}
    assert len(after) == len(with_line(before, new))
    held = sum(line.quantity for line in before if line.product_id == new.product_id)
    assert after[new.product_id] == Line(new.product_id, min(held + new.quantity, 99), new.price_cents)


@given(st.lists(lines).map(tuple))
def test_lines_survive_the_wire(cart: tuple[Line, ...]) -> None:
    """What is written as JSON is read back as it was, and costs the same."""
    assert lines_from(documents_of(cart)) == cart
    assert total_cents(lines_from(documents_of(cart))) == total_cents(cart)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "lines",
        [None],
        [{"product_id": "pen", "quantity": 0, "price_cents": 1}],
        [{"product_id": "pen", "quantity": 100, "price_cents": 1}],
        [{"product_id": "", "quantity": 1, "price_cents": 1}],
        [{"product_id": "pen", "quantity": "1", "price_cents": 1}],
        [{"product_id": "pen", "quantity": 1, "price_cents": -1}],
    ],
)
def test_what_no_shop_can_sell_is_refused(wrong: object) -> None:
    """Whatever is not a list of sellable lines is a refusal, never a crash."""
    with pytest.raises(BadRequestError):
        lines_from(wrong)
