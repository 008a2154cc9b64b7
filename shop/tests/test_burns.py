"""Every fault burns the objectives it says it burns, at small scale: the whole shop in one process."""

from __future__ import annotations

import asyncio

import pytest
from shop.tests.objectives import SLOS, burn_of, event_of
from shop.tests.small_shop import Shop
from shop.tests.spans import Spans

from bazaar.faults import FAULTS, Dial, Fault

JOURNEYS = 12
BURNING = 2.0


async def journey(shop: Shop, shopper: str) -> None:
    """One shopper, from the front page to an order; what fails on the way is only left out."""
    asking = {"headers": {"x-shopper": shopper}}
    client = shop.client
    await client.get("/", **asking)
    await client.get("/search", params={"q": "pen"}, **asking)
    await client.get("/products/pen-blue", **asking)
    await client.post("/cart/lines", json={"product_id": "pen-blue", "quantity": 1}, **asking)
    await client.get("/cart", **asking)
    await client.post("/orders", **asking)


async def some_hours(shop: Shop, *, at_once: bool) -> None:
    """As many journeys as the day brings, all at once or one after the other; then the letters."""
    journeys = round(JOURNEYS * max(1.0, shop.dials.read(Dial.SALE_FACTOR)))
    async with shop.client:
        shoppers = [journey(shop, f"ada{number}") for number in range(journeys)]
        if at_once:
            await asyncio.gather(*shoppers)
        else:
            for one in shoppers:
                await one
        await shop.write_letters(2)


def test_at_rest_nothing_fails(spans: Spans) -> None:
    """With nothing broken no promise but those about time is broken by a single event."""
    asyncio.run(some_hours(Shop(shelf=1_000), at_once=False))
    seen = [event_of(span) for span in spans.all()]
    assert {name for name in SLOS if "within" not in name and burn_of(name, seen)} == set()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_burns_what_it_says(fault: Fault, spans: Spans) -> None:
    """While a fault is on, each objective it names spends its budget faster than twice as fast as allowed."""

    async def scene() -> None:
        shop = Shop(shelf=1_000)
        await shop.break_(fault)
        await some_hours(shop, at_once=True)

    asyncio.run(scene())
    seen = [event_of(span) for span in spans.all()]
    burns = {name: burn_of(name, seen) for name in fault.burns}
    assert {name for name, burn in burns.items() if burn < BURNING} == set(), burns
