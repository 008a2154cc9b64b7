"""Actors of the journal: people by their token's name, and the server under names that no token may take.

The actor of a command on the server itself has a character that no token's name can have.
"""

import re

from holdfast.runtime.errors import Invalid

ANONYMOUS = "anonymous"
"""The actor of an entry about a refused caller."""
LOCAL_NAME = "local"
"""The caller on this machine while no person's token exists."""
RESERVED = frozenset(
    {
        *("access", "agenda", "alerts", ANONYMOUS, "catalog", "catalogdirectory", "commandline", "doctor"),
        *("everybody", "everyone", "incidents", "intake", LOCAL_NAME, "localhost", "nobody", "objectives"),
        *("server", "somebody", "system", "telemetry", "unknown", "worker", "workers"),
    }
)
"""Names of the server itself and names that identify nobody, in lower case without punctuation."""
OWN_NAME = "holdfast"
NAME_RULE = "1 to 100 letters, digits, spaces and . _ @ -, starting with a letter or digit"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@ -]{0,99}")


def check_name(name: str) -> None:
    """Refuse a token's name that could be misread in a log or journal, or taken for the server's own.

    Raises:
        Invalid: which rule it breaks.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(f"the token name {name!r} is not allowed", value=name, rule=NAME_RULE)
    if is_reserved(name):
        raise Invalid(
            f"the token name {name!r} is reserved for the server or identifies nobody; choose another",
            value=name,
            rule="a token's name is not reserved",
        )


def is_reserved(name: str) -> bool:
    """Return whether `name` is reserved, ignoring punctuation and case, which are easily overlooked."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold())
    return plain in RESERVED or plain.startswith(OWN_NAME)


def on_command_line(login: str) -> str:
    """Return the actor for a person on the server's command line: a token's name has no parentheses."""
    return f"{login} (command line)"
