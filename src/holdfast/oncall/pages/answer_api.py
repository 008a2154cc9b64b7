"""`/answer/TOKEN`: the page with one button behind the link in a message. It needs no sign-in and no script.

Looking (GET, HEAD) never acts: scanners of mail follow links. The button's POST acknowledges, as the person
the link is for, once.
"""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from holdfast.oncall.pages.letters import titled
from holdfast.oncall.pages.model import Page
from holdfast.oncall.pages.service import PagesService, Pressed, Pressing

CONTENT_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}
Token = Annotated[str, Path(min_length=1, max_length=100)]

_STYLE = """
:root{color-scheme:light dark}
body{font:17px/1.5 system-ui,sans-serif;margin:0 auto;max-width:36rem;padding:24px}
h1{font-size:22px;margin:0 0 12px}p{margin:0 0 12px}.by{opacity:.7;font-size:15px;margin-top:12px}
button{font:600 20px system-ui,sans-serif;width:100%;min-height:64px;border:0;border-radius:8px;
background:#1d4ed8;color:#fff}
"""
_SAID = {
    Pressing.OVER: "This page is over: what it was for is resolved.",
    Pressing.USED: "This link was used already; it works once.",
    Pressing.EXPIRED: "This link has ended: it works for 30 minutes. Open the incident to acknowledge.",
    Pressing.UNKNOWN: "This link is not known here. Was the address cut?",
}


def router(service: PagesService) -> APIRouter:
    """Return the two endpoints over `service`; whoever has the link may call them."""
    routes = APIRouter(prefix="/answer", tags=["pages"], include_in_schema=False)

    @routes.get("/{token}")
    @routes.head("/{token}")
    def look(token: Token) -> HTMLResponse:
        """Show the button, or why there is none."""
        return _page(service.look_at(token), is_pressed=False)

    @routes.post("/{token}")
    def press(token: Token) -> HTMLResponse:
        """Acknowledge."""
        return _page(service.press(token), is_pressed=True)

    return routes


def _page(found: Pressed, *, is_pressed: bool) -> HTMLResponse:
    title, body = _words(found, is_pressed=is_pressed)
    head = f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    html = f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<style>{_STYLE}</style></head>'
    status = 404 if found.outcome is Pressing.UNKNOWN else 200
    return HTMLResponse(f"{html}<body><h1>{escape(title)}</h1>{body}</body></html>", status, CONTENT_POLICY)


def _words(found: Pressed, *, is_pressed: bool) -> tuple[str, str]:
    page = found.page
    title = titled(page, found.zone) if page is not None else "Holdfast"
    if found.outcome is Pressing.ALREADY:
        by = page.acknowledged_by if page is not None else None
        return title, f"<p>{escape(by or 'Somebody')} has acknowledged this page already.</p>"
    if found.outcome is not Pressing.DONE:
        return title, f"<p>{escape(_SAID[found.outcome])}</p>"
    if is_pressed:
        said = f"{found.person} has it; nobody else is paged."
        return "Acknowledged", f"<p>{escape(title)}</p><p>{escape(said)}</p>"
    return title, _button(found.person, page)


def _button(person: str, page: Page | None) -> str:
    lines = "".join(f"<p>{escape(one)}</p>" for one in (page.facts.lines if page is not None else ()))
    return (
        f'{lines}<form method="post"><button>Acknowledge</button></form>'
        f'<p class="by">As {escape(person)}. The escalation stops.</p>'
    )
