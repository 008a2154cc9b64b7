"""Who acts in the journal: people by their token's name, and the server itself under names no token may take.

Whoever works on the command line of the server is written with a sign that no token's name can have.
"""

import re

from holdfast.runtime.errors import Invalid

ANONYMOUS = "anonymous"
"""The actor of an entry about somebody who was not let in."""
LOCAL_NAME = "local"
"""The caller on this machine while no person's token exists."""
RESERVED = frozenset(
    {
        *("access", "agenda", "alerts", ANONYMOUS, "catalog", "catalogdirectory", "commandline", "doctor"),
        *("everybody", "everyone", "incidents", "intake", LOCAL_NAME, "localhost", "nobody", "objectives"),
        *("server", "somebody", "system", "telemetry", "unknown", "worker", "workers"),
    }
)
"""Names the server acts under, or that say nothing, without signs and in small letters."""
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
            f"the token name {name!r} is one the server itself acts under, or says nothing; choose another",
            value=name,
            rule="a token's name is not one of the server's own",
        )


def is_reserved(name: str) -> bool:
    """Return whether `name` is the server's own; signs and case are easily overlooked in a timeline."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold())
    return plain in RESERVED or plain.startswith(OWN_NAME)


def on_command_line(login: str) -> str:
    """Return the actor for a person on the server's command line: a token's name has no parentheses."""
    return f"{login} (command line)"
