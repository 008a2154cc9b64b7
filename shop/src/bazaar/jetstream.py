"""The shop's queue on NATS JetStream: one stream of orders, one group of readers."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig

from bazaar import NAME
from bazaar.layout import HOST, Layout
from bazaar.messages import ORDERS_PLACED, Delivery, Message, QueueError

READERS = "notification"

_STREAM = "ORDERS"
_SENT_AT = "Bazaar-Sent-At"
_SEND_SECONDS = 2.0
_TAKE_SECONDS = 30.0
_AGAIN_SECONDS = 2.0
_KEPT_MESSAGES = 20_000

_log = logging.getLogger(f"{NAME}.queue")


class NatsQueue:
    """Sends and takes over one connection, which reconnects itself; made in the loop that uses it."""

    def __init__(self, layout: Layout) -> None:
        self.port = layout.queue_port
        self._client = Client()
        self._stream = JetStreamContext(self._client, timeout=_SEND_SECONDS)
        self._reader: JetStreamContext.PullSubscription | None = None

    async def connect(self) -> None:
        """Open the connection."""
        await self._client.connect(
            f"nats://{HOST}:{self.port}", max_reconnect_attempts=-1, error_cb=_log_error
        )

    async def send(self, message: Message) -> None:
        headers = {**message.headers, "Nats-Msg-Id": message.id, _SENT_AT: repr(message.sent_seconds)}
        try:
            await self._stream.publish(ORDERS_PLACED, json.dumps(message.body).encode(), headers=headers)
        except NatsError as error:
            raise QueueError(f"message {message.id} was not accepted: {type(error).__name__}") from error

    async def take(self) -> Delivery:
        if self._reader is None:
            self._reader = await self._stream.pull_subscribe_bind(durable=READERS, stream=_STREAM)
        while True:
            try:
                (taken,) = await self._reader.fetch(1, timeout=_TAKE_SECONDS)
                return _Taken(taken)
            except NatsTimeoutError:
                continue  # a quiet half minute

    async def aclose(self) -> None:
        """Close the connection, if it was opened."""
        await self._client.close()


class _Taken:
    """A message of the stream that is being handled."""

    def __init__(self, taken: Msg) -> None:
        self._taken = taken
        headers: Mapping[str, str] = taken.headers or {}
        self.message = Message(
            id=headers.get("Nats-Msg-Id", ""),
            body=json.loads(taken.data),
            headers=dict(headers),
            sent_seconds=float(headers.get(_SENT_AT, "0")),
        )

    @property
    def waiting(self) -> int:
        return int(self._taken.metadata.num_pending)

    async def done(self) -> None:
        await self._taken.ack()

    async def put_back(self) -> None:
        await self._taken.nak(delay=_AGAIN_SECONDS)


async def prepare(layout: Layout) -> None:
    """Make the stream and its readers where they are missing; drop the messages of a former run."""
    client = await nats.connect(f"nats://{HOST}:{layout.queue_port}", allow_reconnect=False, error_cb=_ignore)
    try:
        stream = client.jetstream()
        await stream.add_stream(_stream_config())
        await stream.purge_stream(_STREAM)
        await stream.add_consumer(_STREAM, ConsumerConfig(durable_name=READERS, ack_wait=30.0))
    finally:
        await client.close()


def _stream_config() -> StreamConfig:
    return StreamConfig(
        name=_STREAM,
        subjects=[ORDERS_PLACED],
        retention=RetentionPolicy.WORK_QUEUE,
        max_msgs=_KEPT_MESSAGES,
    )


async def _log_error(error: Exception) -> None:
    _log.warning("the queue: %s", error)


async def _ignore(_: Exception) -> None:
    """Log nothing: the caller of `prepare` gets the error as an exception."""
