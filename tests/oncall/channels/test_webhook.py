"""Webhooks: signed, under one key, and only to addresses that may be called."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tests.oncall.channels.test_mail import LETTER

from holdfast.oncall.channels.outgoing import Refused, Resolver, checked
from holdfast.oncall.channels.webhook import PATIENCE_MOST, Webhook, patience
from holdfast.oncall.pages.delivery import ProviderAnswer
from holdfast.runtime.clock import ManualClock

SECRET = b"s3cret"


class Receiver(HTTPServer):
    """Takes requests and answers with a status."""

    status = 200
    headers_sent: dict[str, str] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Take a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers.items()), body))
        self.send_response(self.server.status)
        for name, value in self.server.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def webhook(clock: ManualClock, *, is_private_allowed: bool = True) -> Webhook:
    """Return the channel; every name is this machine."""
    resolver = Resolver(lambda _: ("127.0.0.1",), is_private_allowed=is_private_allowed)
    return Webhook(clock, resolver, secret=SECRET)


def address(receiver: Receiver) -> str:
    """Return where a receiver is, by a name."""
    return f"http://hooks.example:{receiver.server_port}/in"


def test_a_letter_is_posted_signed(receiver: Receiver, clock: ManualClock) -> None:
    """A receiver that knows the secret can check body and time; the host is the one of the address."""
    assert webhook(clock).send(address(receiver), LETTER).answer is ProviderAnswer.ACCEPTED
    ((headers, body),) = receiver.got
    stamp = headers["Holdfast-Timestamp"]
    signed = hmac.new(SECRET, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Holdfast-Signature"] == f"sha256={signed}"
    assert int(stamp) == int(clock.now().timestamp())
    assert (headers["Idempotency-Key"], headers["Host"]) == ("k1", f"hooks.example:{receiver.server_port}")
    assert json.loads(body)["title"] == LETTER.subject


def test_without_a_secret_nothing_is_signed(receiver: Receiver, clock: ManualClock) -> None:
    """A signature nobody can check would only look like one."""
    channel = Webhook(clock, Resolver(lambda _: ("127.0.0.1",), is_private_allowed=True), secret=None)
    assert channel.send(address(receiver), LETTER).answer is ProviderAnswer.ACCEPTED
    assert "Holdfast-Signature" not in receiver.got[0][0]


@pytest.mark.parametrize("broken", ["https://[bad/in", "https://hooks.example:99999/in", "https:///in"])
def test_an_address_that_is_none_is_refused(clock: ManualClock, broken: str) -> None:
    """It raises nothing: the next contact is tried at once."""
    assert webhook(clock).send(broken, LETTER).answer is ProviderAnswer.REFUSED


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (299, ProviderAnswer.ACCEPTED),
        (302, ProviderAnswer.REFUSED),
        (404, ProviderAnswer.REFUSED),
        (429, ProviderAnswer.THROTTLED),
        (499, ProviderAnswer.REFUSED),
        (500, ProviderAnswer.FAULT),
    ],
)
def test_what_an_answer_means(
    receiver: Receiver, clock: ManualClock, status: int, answer: ProviderAnswer
) -> None:
    """A redirection is not followed: where it leads was not checked."""
    receiver.status = status
    receiver.headers_sent = {"Location": "http://127.0.0.1:1/", "Retry-After": "7"}
    reply = webhook(clock).send(address(receiver), LETTER)
    assert reply.answer is answer
    assert len(receiver.got) == 1


def test_private_addresses_are_refused_unless_allowed(receiver: Receiver, clock: ManualClock) -> None:
    """Nothing is sent, and the reply says which setting would allow it."""
    reply = webhook(clock, is_private_allowed=False).send(address(receiver), LETTER)
    assert reply.answer is ProviderAnswer.REFUSED
    assert "HOLDFAST_ALLOW_PRIVATE" in reply.words
    assert receiver.got == []


@pytest.mark.parametrize(
    "address_",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1%eth0"),
        *("fd00::1", "100.64.0.1", "::ffff:127.0.0.1"),
    ],
)
def test_every_kind_of_private_address_is_refused(address_: str) -> None:
    """This machine, private networks, the link, and those written as IPv6, also beside a public one."""
    with pytest.raises(Refused):
        checked("https://hooks.example/", Resolver(lambda _: ("93.184.215.14", address_)))


def test_a_public_address_passes() -> None:
    """It is returned, and the one that is called."""
    found = checked("https://hooks.example/", Resolver(lambda _: ("93.184.215.14",)))
    assert found == ("93.184.215.14",)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("7", 7), ("0", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("٧", None)],
)
def test_retry_after(header: str | None, seconds: int | None) -> None:
    """Whole seconds count, and nothing else."""
    found = patience(header)
    assert (None if found is None else found.total_seconds()) == seconds


def test_patience_has_an_end() -> None:
    """However long a receiver wants us to wait."""
    assert patience("9" * 18) == PATIENCE_MOST
