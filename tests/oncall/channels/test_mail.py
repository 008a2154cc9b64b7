"""Mail over SMTP: handed to a real server of our own tree, which answers as servers do."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from holdfast.oncall.channels.mail import Mail, MailServer
from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.pages.delivery import ProviderAnswer
from holdfast.runtime.clock import ManualClock

LETTER = Letter(
    key="k1",
    to="Payments primary",
    subject="Orders failing since 09:14",
    lines=("12 of 55 orders failed.", "First suspect: <payline> · 504."),
    answer_url="http://holdfast.example/answer/t",
    url="http://holdfast.example/incidents/7",
)


class Server:
    """Takes mail and answers what it is set to."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.says = "250 OK"
        self.rcpt_says = ""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer about a recipient."""
        envelope.rcpt_tos.append(address)
        return self.rcpt_says or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Answer about a mail."""
        found = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        self.got.append(found)  # type: ignore[arg-type]
        return self.says


def free_port() -> int:
    """Return a port nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def server() -> Iterator[tuple[Server, int]]:
    """A mail server on a free port."""
    made, port = Server(), free_port()
    controller = Controller(made, hostname="127.0.0.1", port=port)
    controller.start()
    yield made, port
    controller.stop()


def mail(port: int, clock: ManualClock) -> Mail:
    """Return the channel to a port."""
    return Mail(MailServer.at(f"smtp://127.0.0.1:{port}", sender="Holdfast <page@shop.example>"), clock)


def test_a_letter_arrives(server: tuple[Server, int], clock: ManualClock) -> None:
    """In text and HTML, with the links, under its key, marked as urgent and as sent by a machine."""
    made, port = server
    reply = mail(port, clock).send("primary@shop.example", LETTER)
    assert (reply.answer, reply.words) == (ProviderAnswer.ACCEPTED, "250, <k1@shop.example>")
    (got,) = made.got
    assert (got["Subject"], got["To"]) == ("Orders failing since 09:14", "primary@shop.example")
    assert (got["Message-ID"], got["Importance"]) == ("<k1@shop.example>", "high")
    assert got["Auto-Submitted"] == "auto-generated"
    text, html = (part.get_content() for part in got.iter_parts())  # type: ignore[attr-defined]
    for line in ("12 of 55 orders failed.", "Acknowledge: http://holdfast.example/answer/t"):
        assert line in text
    assert "&lt;payline&gt;" in html
    assert '<a href="http://holdfast.example/answer/t">Acknowledge</a>' in html


@pytest.mark.parametrize(
    ("says", "answer"),
    [
        ("451 try again later", ProviderAnswer.FAULT),
        ("499 edge of what passes", ProviderAnswer.FAULT),
        ("500 not this", ProviderAnswer.REFUSED),
        ("550 no such mailbox", ProviderAnswer.REFUSED),
    ],
)
@pytest.mark.parametrize("stage", ["rcpt_says", "says"])
def test_4yz_is_worth_another_try_and_5yz_is_not(
    server: tuple[Server, int], clock: ManualClock, says: str, answer: ProviderAnswer, stage: str
) -> None:
    """Whether the server answers about the recipient or about the mail."""
    made, port = server
    setattr(made, stage, says)
    reply = mail(port, clock).send("primary@shop.example", LETTER)
    assert (reply.answer, reply.words) == (answer, says)


def test_a_server_that_is_down_is_no_answer(clock: ManualClock) -> None:
    """Nothing listens there."""
    assert mail(free_port(), clock).send("a@b.example", LETTER).answer is ProviderAnswer.NO_ANSWER


def test_a_headline_cannot_add_headers(server: tuple[Server, int], clock: ManualClock) -> None:
    """A line's end in a title that telemetry chose stays in the subject, as a sign."""
    made, port = server
    letter = Letter(key="k", to="x", subject="Orders\r\nBcc: all@shop.example", lines=())
    assert mail(port, clock).send("a@b.example", letter).answer is ProviderAnswer.ACCEPTED
    assert made.got[0]["Bcc"] is None


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example", ("mail.example", 587, False, None)),
        ("smtps://mail.example", ("mail.example", 465, True, None)),
        ("smtp://me%40shop@mail.example:2525", ("mail.example", 2525, False, "me@shop")),
    ],
)
def test_a_servers_address(url: str, read: tuple[object, ...]) -> None:
    """The port is that of submission, or of TLS from the start, unless it is named."""
    made = MailServer.at(url, sender="x")
    assert (made.host, made.port, made.has_tls, made.user) == read
