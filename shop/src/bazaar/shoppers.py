"""Shoppers, for Locust: browse, search, look, fill a cart, buy. Started by the supervisor, headless.

A shopper starts a journey every ten seconds, even if the shop is slow, so trouble in the shop shows as
failed orders and not as fewer shoppers.
"""

from __future__ import annotations

import json
import os
from random import choice, randint, random, uniform
from uuid import uuid4

import gevent  # type: ignore[import-untyped]  # it ships no types
from locust import FastHttpUser, LoadTestShape, constant_pacing, task

from bazaar.day import Day
from bazaar.dials import Dials
from bazaar.faults import Dial
from bazaar.goods import assortment

PACE_SECONDS = 10.0
ARRIVALS_PER_SECOND = 2.0

_EDGES = os.environ.get("BAZAAR_EDGES", "http://127.0.0.1:7110").split(",")
_DAY = Day(**json.loads(os.environ.get("BAZAAR_DAY", "{}")))
_DIALS = Dials(int(os.environ["BAZAAR_DIALS"])) if "BAZAAR_DIALS" in os.environ else Dials()
_PRODUCTS = [item.id for item in assortment()]

_WORDS = ("kettle", "lamp", "pen", "blue", "oak", "bottle", "speaker", "unicorn")

_SEARCH_SHARE = 0.6
_FILL_CART_SHARE = 0.85
_LOOK_AT_CART_SHARE = 0.5
_BUY_SHARE = 0.9


class DayCurve(LoadTestShape):
    """The number of shoppers by the hour of the day, and more in a sale."""

    def tick(self) -> tuple[int, float]:
        """Return how many shoppers there should be now, and how fast they come."""
        seconds: float = self.get_run_time()  # type: ignore[no-untyped-call]  # it ships half its types
        rush = max(1.0, _DIALS.read(Dial.SALE_FACTOR))
        return round(_DAY.shoppers_at(seconds, PACE_SECONDS) * rush), ARRIVALS_PER_SECOND * rush


class Shopper(FastHttpUser):
    """One person at a time: every journey is a new person."""

    host = _EDGES[0]
    wait_time = constant_pacing(PACE_SECONDS)

    @task
    def journey(self) -> None:
        """From the front page to a paid order, or not all the way."""
        self.edge = choice(_EDGES)
        self.shopper = {"x-shopper": uuid4().hex}
        self._get("/")
        if random() < _SEARCH_SHARE:
            self._get(f"/search?q={choice(_WORDS)}", name="/search")
        wanted = [choice(_PRODUCTS) for _ in range(randint(1, 3))]
        for product_id in wanted:
            self._get(f"/products/{product_id}", name="/products/{product_id}")
        if random() < _FILL_CART_SHARE:
            self._buy(wanted[-1])

    def _buy(self, product_id: str) -> None:
        self._post("/cart/lines", {"product_id": product_id, "quantity": randint(1, 2)})
        if random() < _LOOK_AT_CART_SHARE:
            self._get("/cart")
        if random() < _BUY_SHARE:
            self._post("/orders", {})

    def _get(self, path: str, name: str | None = None) -> None:
        self.client.get(f"{self.edge}{path}", headers=self.shopper, name=name or path)
        _think()

    def _post(self, path: str, body: dict[str, object]) -> None:
        self.client.post(f"{self.edge}{path}", json=body, headers=self.shopper, name=path)
        _think()


def _think() -> None:
    gevent.sleep(uniform(0.2, 0.9))
