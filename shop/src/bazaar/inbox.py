"""The inbox of the demo: takes any mail on a port of this machine, and shows it on a page. Loopback only.

Nothing is forwarded and nothing is kept: the newest mails are in memory until the demo ends.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections import deque
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bazaar.layout import HOST

MOST = 200
LONGEST_BYTES = 1_000_000
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:44rem;padding:24px}
article{border:1px solid #8884;border-radius:8px;padding:12px 16px;margin:0 0 16px}
h1{font-size:20px}h2{font-size:16px;margin:0}p{margin:8px 0;white-space:pre-line;overflow-wrap:anywhere}
small{opacity:.7}
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that came: when, to whom, its subject and its plain text."""

    at: str
    to: str
    subject: str
    text: str


class Inbox:
    """Holds the newest mails; speaks SMTP to whoever sends and HTTP to whoever looks."""

    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=MOST)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self._mails.appendleft(_mail(content, ", ".join(envelope.rcpt_tos)))
        return "250 OK"

    def application(self) -> Starlette:
        """Return the page and its list as an application."""
        return Starlette(routes=[Route("/", self.page), Route("/messages", self.messages)])

    async def page(self, _: Request) -> Response:
        """Show the mails, the newest first, by themselves again every five seconds."""
        shown = "".join(map(_shown, self._mails)) or "<p>Nothing has come yet.</p>"
        head = '<meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Inbox</title>'
        body = f"<h1>What the shop's people were sent</h1>{shown}"
        return HTMLResponse(f"<!doctype html><html lang=en><head>{head}<style>{_STYLE}</style></head>{body}")

    async def messages(self, _: Request) -> Response:
        """List the mails, the newest first."""
        return JSONResponse({"items": [asdict(one) for one in self._mails]})


async def serve(inbox: Inbox, *, smtp_port: int, port: int) -> None:
    """Answer on both ports until the process is asked to stop."""
    loop = asyncio.get_running_loop()
    door = await loop.create_server(
        lambda: SMTP(inbox, data_size_limit=LONGEST_BYTES, hostname="inbox", loop=loop), HOST, smtp_port
    )
    async with door:
        settings = uvicorn.Config(
            inbox.application(), host=HOST, port=port, log_level="warning", access_log=False
        )
        await uvicorn.Server(settings).serve()


def _mail(content: bytes, to: str) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    body = message.get_body(("plain", "html")) if isinstance(message, EmailMessage) else None
    text = body.get_content() if body is not None else ""
    return Mail(datetime.now(UTC).isoformat(timespec="seconds"), to, str(message["Subject"] or ""), str(text))


def _shown(mail: Mail) -> str:
    text = _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', html.escape(mail.text))
    when = f"<small>{html.escape(mail.at)} · to {html.escape(mail.to)}</small>"
    return f"<article><h2>{html.escape(mail.subject)}</h2>{when}<p>{text}</p></article>"
