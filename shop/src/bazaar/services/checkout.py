"""checkout: turns a cart into a paid order."""

from __future__ import annotations

import logging
from dataclasses import replace
from uuid import uuid4

from opentelemetry import metrics
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bazaar import NAME
from bazaar.calls import Answer, DependencyError, Mesh
from bazaar.faults import Dial
from bazaar.lines import Line, documents_of, lines_from, total_cents
from bazaar.messages import Queue, QueueError, send
from bazaar.stores.orders import Order, Orders
from bazaar.waits import Wait
from bazaar.web import json_of, refusal, text_in

_log = logging.getLogger(f"{NAME}.checkout")
_meter = metrics.get_meter(NAME)
_orders = _meter.create_counter("bazaar.orders", unit="{order}", description="Orders by outcome")
_revenue = _meter.create_counter("bazaar.revenue", unit="{cent}", description="Money taken")


class Checkout:
    """Asks the price, reserves the stock, books the parcel, charges the money, stores the order.

    The steps before the charge can be undone: when the parcel or the charge fails, the stock is released.
    """

    def __init__(self, mesh: Mesh, orders: Orders, queue: Queue, wait: Wait) -> None:
        self._mesh = mesh
        self._orders = orders
        self._queue = queue
        self._wait = wait

    def routes(self) -> list[Route]:
        """What checkout serves."""
        return [Route("/orders", self.order, methods=["POST"])]

    async def order(self, request: Request) -> Response:
        """Place the shopper's cart as an order."""
        shopper = text_in(await json_of(request), "shopper")
        await self._wait(Dial.CHECKOUT_DELAY_SECONDS)
        cart = await self._mesh.get("cart", "/carts/{shopper}", shopper=shopper)
        lines = lines_from(cart.body["lines"])
        if not lines:
            return refusal(409, "the cart is empty")
        return await self._place(shopper, uuid4().hex, await self._priced(lines))

    async def _place(self, shopper: str, order_id: str, lines: tuple[Line, ...]) -> Response:
        wish = {"id": order_id, "lines": documents_of(lines)}
        reserved = await self._mesh.post("inventory", "/reservations", wish)
        if reserved.status != 201:
            return refusal(reserved.status, reserved.body["title"])
        charge = await self._charge_or_release(order_id, lines)
        if charge.status != 201:
            return refusal(charge.status, charge.body["title"])
        await self._orders.place(Order(order_id, shopper, charge.body["charge_id"], lines))
        await self._confirm(order_id, shopper)
        await self._forget_cart(shopper)
        return self._placed(order_id, total_cents(lines))

    async def _priced(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """Return the lines at current prices, not those of when they were put in the cart."""
        ids = ",".join(line.product_id for line in lines)
        prices = (await self._mesh.get("pricing", "/prices", query={"ids": ids})).body["prices"]
        return tuple(replace(line, price_cents=prices[line.product_id]) for line in lines)

    async def _charge_or_release(self, order_id: str, lines: tuple[Line, ...]) -> Answer:
        amount = total_cents(lines)
        try:
            parcel = {"order_id": order_id, "lines": documents_of(lines)}
            await self._mesh.post("shipping", "/parcels", parcel)
            bill = {"order_id": order_id, "amount_cents": amount}
            charge = await self._mesh.post("payment", "/charges", bill)
        except DependencyError as error:
            _orders.add(1, {"outcome": "lost"})
            _log.error("order %s lost, %d cents: %s", order_id, amount, error)
            await self._release(order_id)
            raise
        if charge.status != 201:
            _orders.add(1, {"outcome": "declined"})
            await self._release(order_id)
        return charge

    async def _release(self, order_id: str) -> None:
        try:
            await self._mesh.delete("inventory", "/reservations/{reservation_id}", reservation_id=order_id)
        except DependencyError as error:
            _log.warning("stock of order %s stays reserved: %s", order_id, error)

    async def _confirm(self, order_id: str, shopper: str) -> None:
        # The order is paid: the shopper would rather have it without a letter than not at all.
        try:
            await send(self._queue, order_id, {"order_id": order_id, "shopper": shopper})
        except QueueError as error:
            _log.warning("order %s is not confirmed: %s", order_id, error)

    async def _forget_cart(self, shopper: str) -> None:
        # The order is paid: a cart that could not be emptied is no reason to fail it.
        try:
            await self._mesh.delete("cart", "/carts/{shopper}", shopper=shopper)
        except DependencyError as error:
            _log.warning("cart of %s stays full: %s", shopper, error)

    def _placed(self, order_id: str, amount: int) -> Response:
        _orders.add(1, {"outcome": "placed"})
        _revenue.add(amount)
        _log.info("order %s placed, %d cents", order_id, amount)
        return JSONResponse({"order_id": order_id, "total_cents": amount}, status_code=201)
