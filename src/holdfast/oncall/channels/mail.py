"""Mail over SMTP: one letter per message, in plain text and HTML, with a link to the page with one button.

The link leads to a page that acknowledges only when its button is pressed: scanners of mail follow links.
A server's answers are those of RFC 5321: 4yz is worth another try, 5yz is not.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from urllib.parse import unquote, urlsplit

from holdfast.oncall.channels.protocol import Letter
from holdfast.oncall.pages.delivery import ProviderAnswer, ProviderReply
from holdfast.runtime.clock import Clock
from holdfast.runtime.plain_text import harmless_line

TIMEOUT_SECONDS = 10.0
PERMANENT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and whom it is from.

    With a user TLS is needed; without one it is used if the server offers it.
    """

    host: str
    port: int
    sender: str
    has_tls: bool = False
    user: str | None = None
    password: str | None = None

    @classmethod
    def at(cls, url: str, *, sender: str, password: str | None = None) -> "MailServer":
        """Read `smtp://[USER@]HOST[:PORT]`, or `smtps://` for a server that speaks TLS from the start."""
        parts = urlsplit(url)
        has_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if has_tls else 587),
            sender=sender,
            has_tls=has_tls,
            user=None if parts.username is None else unquote(parts.username),
            password=password,
        )


class Mail:
    """Hands letters to one mail server; each on a connection of its own."""

    def __init__(self, server: MailServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock

    def send(self, address: str, letter: Letter) -> ProviderReply:
        """Hand over one letter and return what the server said."""
        message = composed(address, letter, sender=self._server.sender, at=self._clock.now())
        try:
            with self._connected() as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            return _answered(*next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            return _answered(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return ProviderReply(
                ProviderAnswer.NO_ANSWER, f"{self._server.host}: {harmless_line(str(error))}"
            )
        return ProviderReply(ProviderAnswer.ACCEPTED, f"250, {message['Message-ID']}")

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server, context = self._server, ssl.create_default_context()
        if server.has_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        with connection:
            if not server.has_tls and (server.user or connection.has_extn("starttls")):
                connection.starttls(context=context)
            if server.user is not None:
                connection.login(server.user, server.password or "")
            yield connection


def composed(address: str, letter: Letter, *, sender: str, at: datetime) -> EmailMessage:
    """Return a letter as a mail. Sent again under the same key it has the same Message-ID."""
    mail = EmailMessage()
    domain = parseaddr(sender)[1].partition("@")[2] or "holdfast.invalid"
    mail["From"], mail["To"], mail["Date"] = sender, address, format_datetime(at)
    mail["Subject"] = harmless_line(letter.subject)
    mail["Message-ID"] = f"<{letter.key}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if letter.is_urgent:
        mail["Importance"], mail["X-Priority"] = "high", "1"
    mail.set_content(_text(letter))
    mail.add_alternative(_html(letter), subtype="html")
    return mail


def _text(letter: Letter) -> str:
    links = [f"{name}: {url}" for name, url in _links(letter)]
    return "\n\n".join([letter.subject, *letter.lines, *links]) + "\n"


def _html(letter: Letter) -> str:
    lines = "".join(f"<p>{escape(one)}</p>" for one in letter.lines)
    links = "".join(f'<p><a href="{escape(url)}">{escape(name)}</a></p>' for name, url in _links(letter))
    return f"<!doctype html><html><body><h2>{escape(letter.subject)}</h2>{lines}{links}</body></html>"


def _links(letter: Letter) -> Iterator[tuple[str, str]]:
    if letter.answer_url is not None:
        yield "Acknowledge", letter.answer_url
    if letter.url is not None:
        yield "Open it", letter.url
    if letter.runbook is not None:
        yield "Runbook", letter.runbook


def _answered(code: int, words: bytes | str) -> ProviderReply:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    answer = ProviderAnswer.REFUSED if code >= PERMANENT else ProviderAnswer.FAULT
    return ProviderReply(answer, harmless_line(f"{code} {said}"))
