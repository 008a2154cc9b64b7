"""The demo's inbox: its people's contacts are verified by it, as people do it with their own."""

import threading

import httpx

from holdfast.runtime.client import Client
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.errors import HoldfastError, Unavailable
from holdfast.runtime.output import say

POLL_SECONDS, WAIT_SECONDS = 0.2, 20.0


def verify_contacts(page: str, inbox: str) -> None:
    """Give back the codes that the demo's people were sent; says so if that did not work."""
    try:
        with Client(page) as client:
            for one in client.pages("/oncall/contacts"):
                if one["state"] != "verified":
                    place = f"/oncall/contacts/{one['person']}/{one['contact']}"
                    client.post(f"{place}/code", {})
                    client.post(f"{place}/verify", {"code": _code(inbox, one["address"])})
    except HoldfastError as error:
        say(f"The demo's people could not be reached by mail, so they are not paged: {error.detail}")


def _code(inbox: str, address: str) -> str:
    """Return the code in the newest mail to an address, once there is one."""
    for _ in range(int(WAIT_SECONDS / POLL_SECONDS)):
        found = next((one for one in _mails(inbox) if _has_code(one, address)), None)
        if found is not None:
            return str(found["subject"]).split()[0]
        SystemClock().wait(threading.Event(), POLL_SECONDS)
    raise Unavailable(f"no code came for {address}")


def _mails(inbox: str) -> list[dict[str, str]]:
    try:
        items: list[dict[str, str]] = httpx.get(f"{inbox}/messages", trust_env=False).json()["items"]
    except httpx.HTTPError as error:
        raise Unavailable(f"the inbox at {inbox} does not answer: {error}") from error
    return items


def _has_code(mail: dict[str, str], address: str) -> bool:
    return mail["to"] == address and "is your code" in mail["subject"]
