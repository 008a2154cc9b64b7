"""Messages from checkout to notification, in memory and through a real queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from shop.tests.spans import Spans

from bazaar import jetstream, parts, readiness, servers
from bazaar.dials import Dials
from bazaar.faults import Dial
from bazaar.jetstream import NatsQueue
from bazaar.layout import Layout
from bazaar.messages import MemoryQueue, Message, Queue, send
from bazaar.services.notification import IN_TIME_SECONDS, Notification
from bazaar.waits import by_dial

LETTER = {"order_id": "o-1", "shopper": "ada"}


@pytest.fixture
def nats(layout: Layout, data: Path) -> Iterator[parts.Part]:
    """A running NATS on the layout's port."""
    part = parts.fork("nats", data / "log", servers.nats(layout, data / "nats"))
    readiness.wait_for(part, lambda: readiness.queue_answers(layout))
    yield part
    parts.stop([part])


def with_nats(layout: Layout, scene: Callable[[Queue], Awaitable[None]]) -> None:
    """Play a scene on the real queue."""

    async def play() -> None:
        queue = NatsQueue(layout)
        await queue.connect()
        await scene(queue)
        await queue.aclose()

    asyncio.run(play())


async def assert_each_comes_until_done(queue: Queue) -> None:
    """What every queue does."""
    for _ in range(2):
        await queue.send(Message("o-1", LETTER, {"traceparent": "00-1-2-01"}, 5.0))
    first = await queue.take()
    assert (first.message.id, first.message.body, first.message.sent_seconds) == ("o-1", LETTER, 5.0)
    assert first.message.headers["traceparent"] == "00-1-2-01"
    assert first.waiting == 0
    await first.put_back()
    again = await queue.take()
    assert again.message.id == "o-1"
    await again.done()
    await queue.send(Message("o-2", LETTER))
    assert (await queue.take()).message.id == "o-2"


def test_in_memory_each_message_comes_until_it_is_done() -> None:
    """A message sent twice comes once, one put back comes again, one that is done does not."""
    asyncio.run(assert_each_comes_until_done(MemoryQueue()))


@pytest.mark.usefixtures("nats")
def test_on_nats_each_message_comes_until_it_is_done(layout: Layout) -> None:
    """The real queue does the same."""
    with_nats(layout, assert_each_comes_until_done)


@pytest.mark.usefixtures("nats")
def test_the_queue_can_be_prepared_again(layout: Layout) -> None:
    """A shop that opens again finds its stream, empty."""

    async def scene(queue: Queue) -> None:
        await queue.send(Message("old", LETTER))
        await jetstream.prepare(layout)
        await queue.send(Message("new", LETTER))
        assert (await queue.take()).message.id == "new"

    with_nats(layout, scene)


def test_the_letter_is_a_trace_of_its_own_linked_to_the_order(spans: Spans) -> None:
    """Producer and consumer speak the messaging conventions, and one leads to the other."""

    async def scene() -> None:
        queue = MemoryQueue()
        with trace.get_tracer("test").start_as_current_span("order"):
            await send(queue, "o-1", LETTER)
        await Notification(queue, by_dial(Dials())).handle(await queue.take())

    asyncio.run(scene())
    sent, taken = spans.named("send orders.placed"), spans.named("process orders.placed")
    assert (sent.kind.name, taken.kind.name) == ("PRODUCER", "CONSUMER")
    assert taken.parent is None
    assert [link.context.span_id for link in taken.links] == [sent.context.span_id]
    for span, operation in ((sent, "send"), (taken, "process")):
        told = dict(span.attributes or {})
        assert told["messaging.system"] == "nats"
        assert told["messaging.operation.type"] == operation
        assert told["messaging.destination.name"] == "orders.placed"
        assert told["server.address"] == "bazaar-queue"


@pytest.mark.parametrize(("age", "told"), [(0.0, "in-time"), (IN_TIME_SECONDS + 60, "late")])
def test_a_letter_says_whether_it_came_in_time(spans: Spans, age: float, told: str) -> None:
    """A letter long after its order is late, and its span says so."""

    class Old(MemoryQueue):
        async def send(self, message: Message) -> None:
            sent = Message(message.id, message.body, message.headers, message.sent_seconds - age)
            await super().send(sent)

    async def scene() -> None:
        queue = Old()
        await send(queue, "o-1", LETTER)
        await Notification(queue, by_dial(Dials())).handle(await queue.take())

    asyncio.run(scene())
    assert dict(spans.named("process orders.placed").attributes or {})["bazaar.delivery"] == told


def test_a_refused_letter_goes_back(spans: Spans) -> None:
    """A letter the mail server does not take is a failed span, and comes again."""

    async def scene() -> None:
        queue, dials = MemoryQueue(), Dials()
        notification = Notification(queue, by_dial(dials))
        await send(queue, "o-1", LETTER)
        dials.turn(Dial.LETTER_DELAY_SECONDS, 0.01)
        await notification.handle(await queue.take())
        assert not spans.named("process orders.placed").status.is_ok
        dials.rest()
        assert (await queue.take()).message.id == "o-1"

    asyncio.run(scene())
