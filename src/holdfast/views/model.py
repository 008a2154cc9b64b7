"""What a saved view is, and what may be saved. Pure."""

from dataclasses import dataclass
from datetime import datetime

from holdfast.runtime.errors import Invalid, Problem

VIEWS_MOST = 200
"""Views of one person: a list that is still read."""
NAME_CHARACTERS = 100
ADDRESS_CHARACTERS = 2_000
_NOT_THE_PAGE = ("/api/", "/assets/", "/healthz", "/readyz")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An address of the page with its filters and its time, kept under a name.

    `address` is path and query, as the browser shows them. A pinned view stands in the page's rail.
    """

    name: str
    address: str
    is_pinned: bool
    saved_at: datetime


def checked(view: View) -> View:
    """Return the view if it may be saved; all that is wrong with it is reported at once."""
    problems = (*_wrong_name(view.name), *_wrong_address(view.address))
    if problems:
        raise Invalid(
            "; ".join(one.message for one in problems),
            value=problems[0].value,
            rule=problems[0].rule,
            problems=problems,
        )
    return view


def _wrong_name(name: str) -> tuple[Problem, ...]:
    if 0 < len(name) <= NAME_CHARACTERS and name.isprintable() and name == name.strip():
        return ()
    rule = f"1 to {NAME_CHARACTERS} printable characters, no space at either end"
    return (Problem("name", _shown(name), rule, f"the name has to be {rule}"),)


def _wrong_address(address: str) -> tuple[Problem, ...]:
    if _is_of_the_page(address) and len(address) <= ADDRESS_CHARACTERS:
        return ()
    rule = (
        f"an address of this page, such as /services?from=now-1h, of at most {ADDRESS_CHARACTERS} characters"
    )
    return (Problem("address", _shown(address), rule, f"the address has to be {rule}"),)


def _is_of_the_page(address: str) -> bool:
    """Return whether an address stays within the page, however a browser reads it.

    Two slashes, or a slash and a backslash, begin another host's name; browsers drop tabs and line ends.
    """
    if not address.startswith("/") or "\\" in address or not _is_of_an_address(address):
        return False
    return not address.startswith(("//", *_NOT_THE_PAGE))


def _is_of_an_address(address: str) -> bool:
    """Return whether a browser would show it so: other characters are percent-encoded."""
    return address.isascii() and address.isprintable() and " " not in address


def _shown(value: str) -> str:
    return value if len(value) <= NAME_CHARACTERS else f"{value[:NAME_CHARACTERS]}…"
