"""Messages between services: the queue, and its spans.

Message      an id, a body, and headers that carry the trace context
Delivery     a message that is being handled, until it is done or put back
Queue        sends messages and delivers them, each at least once
QueueError   the queue did not accept a message
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from bazaar import NAME
from bazaar.layout import QUEUE_HOST

ORDERS_PLACED = "orders.placed"

_tracer = trace.get_tracer(NAME)
_meter = metrics.get_meter(NAME)
_sent = _meter.create_counter("messaging.client.sent.messages", unit="{message}", description="Sent")
_taken = _meter.create_counter("messaging.client.consumed.messages", unit="{message}", description="Taken")
_duration = _meter.create_histogram("messaging.process.duration", unit="s", description="Time to handle one")
_waiting = _meter.create_gauge("bazaar.queue.waiting", unit="{message}", description="Messages still to come")


class QueueError(Exception):
    """The queue did not accept a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is sent."""

    id: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    sent_seconds: float = 0.0


class Delivery(Protocol):
    """A message that is being handled."""

    @property
    def message(self) -> Message:
        """The message."""
        ...

    @property
    def waiting(self) -> int:
        """How many more wait behind it."""
        ...

    async def done(self) -> None:
        """Acknowledge it: it is never delivered again."""
        ...

    async def put_back(self) -> None:
        """Return it: it could not be handled, and is delivered again soon."""
        ...


class Queue(Protocol):
    """Keeps messages of one kind until they are handled."""

    @property
    def port(self) -> int:
        """Its port, for spans."""
        ...

    async def send(self, message: Message) -> None:
        """Store a message; the same id twice is one message."""
        ...

    async def take(self) -> Delivery:
        """Return the next message; wait until there is one."""
        ...


async def send(queue: Queue, message_id: str, body: dict[str, Any]) -> None:
    """Send a message that carries this trace's context."""
    attributes = _attributes("send", queue, message_id)
    name = f"send {ORDERS_PLACED}"
    with _tracer.start_as_current_span(name, kind=SpanKind.PRODUCER, attributes=attributes):
        headers: dict[str, str] = {}
        propagate.inject(headers)
        await queue.send(Message(message_id, body, headers, time.time()))
    _sent.add(1, _dimensions("send"))


@contextmanager
def processing(queue: Queue, delivery: Delivery, group: str) -> Iterator[Span]:
    """A span around handling a message: a trace of its own, linked to the one that sent the message."""
    attributes = _attributes("process", queue, delivery.message.id)
    attributes["messaging.consumer.group.name"] = group
    began = time.monotonic()
    with _tracer.start_as_current_span(
        f"process {ORDERS_PLACED}",
        context=Context(),
        kind=SpanKind.CONSUMER,
        attributes=attributes,
        links=_links(delivery.message),
    ) as span:
        yield span
    _taken.add(1, _dimensions("process"))
    _duration.record(time.monotonic() - began, _dimensions("process"))
    _waiting.set(delivery.waiting, {"messaging.destination.name": ORDERS_PLACED})


def _links(message: Message) -> list[Link]:
    sender = trace.get_current_span(propagate.extract(message.headers, context=Context()))
    context = sender.get_span_context()
    return [Link(context)] if context.is_valid else []


def _attributes(operation: str, queue: Queue, message_id: str) -> dict[str, str | int]:
    return {
        **_dimensions(operation),
        "messaging.message.id": message_id,
        "server.address": QUEUE_HOST,
        "server.port": queue.port,
    }


def _dimensions(operation: str) -> dict[str, str | int]:
    return {
        "messaging.system": "nats",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": ORDERS_PLACED,
    }


class MemoryQueue:
    """The queue of one process."""

    port = 0

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._known: set[str] = set()

    def __len__(self) -> int:
        """How many wait."""
        return self._messages.qsize()

    async def send(self, message: Message) -> None:
        if message.id not in self._known:
            self._known.add(message.id)
            self._messages.put_nowait(message)

    async def take(self) -> Delivery:
        return _InMemory(await self._messages.get(), self._messages)


class _InMemory:
    """A message of the memory queue that is being handled."""

    def __init__(self, message: Message, behind: asyncio.Queue[Message]) -> None:
        self.message = message
        self._behind = behind

    @property
    def waiting(self) -> int:
        return self._behind.qsize()

    async def done(self) -> None:
        return

    async def put_back(self) -> None:
        self._behind.put_nowait(self.message)
