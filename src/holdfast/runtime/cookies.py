"""The session cookie of the page: for this host alone, unreadable for scripts, over TLS only if there is TLS.

Over TLS its name begins with `__Host-`: browsers accept such a cookie from this host alone, over TLS alone,
so that neither a neighbouring name nor a request without TLS can replace it.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from holdfast.runtime.proxies import Proxies

COOKIE = "holdfast_session"
TLS_COOKIE = f"__Host-{COOKIE}"


def session_secret(request: Request) -> str | None:
    """Return the secret of the session a request belongs to, if it names one."""
    found = request.cookies.get(TLS_COOKIE)
    if found is None and not _proxies(request).is_tls(request):
        found = request.cookies.get(COOKIE)
    return found


def set_session(request: Request, response: Response, secret: str, *, seconds: int) -> None:
    """Have the browser keep a session."""
    is_tls = _was_tls(request)
    response.set_cookie(
        TLS_COOKIE if is_tls else COOKIE,
        secret,
        max_age=seconds,
        path="/",
        secure=is_tls,
        httponly=True,
        samesite="strict",
    )


def clear_session(request: Request, response: Response) -> None:
    """Have the browser forget its session, under either name, and its cached answers."""
    response.headers["Clear-Site-Data"] = '"cache"'
    response.delete_cookie(TLS_COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    if not _proxies(request).is_tls(request):
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _was_tls(request: Request) -> bool:
    # The edge has checked that an Origin is this server's own. If the browser says https, the request came by
    # TLS, even through a proxy that is not trusted.
    own = urlsplit(request.headers.get("origin", "")).scheme
    return own == "https" or _proxies(request).is_tls(request)


def _proxies(request: Request) -> Proxies:
    found: Proxies = request.app.state.proxies
    return found
