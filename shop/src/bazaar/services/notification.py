"""notification: writes to the shopper once an order is placed."""

from __future__ import annotations

import logging
import time

from opentelemetry import metrics
from opentelemetry.trace import StatusCode
from starlette.routing import Route

from bazaar import NAME
from bazaar.faults import Dial
from bazaar.messages import Delivery, Queue, processing
from bazaar.waits import Wait

GROUP = "notification"

# A shopper checks the mail after about this time.
IN_TIME_SECONDS = 10.0

_log = logging.getLogger(f"{NAME}.notification")
_meter = metrics.get_meter(NAME)
_age = _meter.create_histogram("bazaar.confirmation.age", unit="s", description="From order to letter")


class LetterRefusedError(Exception):
    """The mail server did not accept the letter."""


class Notification:
    """Takes placed orders from the queue and writes a letter for each. Has no callers."""

    def __init__(self, queue: Queue, wait: Wait) -> None:
        self._queue = queue
        self._wait = wait

    def routes(self) -> list[Route]:
        """What notification serves: nothing but its health."""
        return []

    async def work(self) -> None:
        """Handle orders, one after the other, for ever."""
        while True:
            await self.handle(await self._queue.take())

    async def handle(self, delivery: Delivery) -> None:
        """Write one letter; the message of a refused one goes back to the queue."""
        with processing(self._queue, delivery, GROUP) as span:
            age = time.time() - delivery.message.sent_seconds
            span.set_attribute("bazaar.delivery", "in-time" if age <= IN_TIME_SECONDS else "late")
            try:
                await self._write(str(delivery.message.body["order_id"]))
            except LetterRefusedError as error:
                span.set_status(StatusCode.ERROR, str(error))
                span.set_attribute("error.type", "letter_refused")
                _log.error("order %s waits for its letter: %s", delivery.message.id, error)
                await delivery.put_back()
            else:
                _age.record(age)
                await delivery.done()

    async def _write(self, order_id: str) -> None:
        if await self._wait(Dial.LETTER_DELAY_SECONDS):
            raise LetterRefusedError("the mail server does not answer")
        _log.info("confirmed order %s", order_id)
