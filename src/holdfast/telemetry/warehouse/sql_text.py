"""Values and settings as the engine's text. Pure."""

import json
from collections.abc import Mapping, Sequence


def literal(value: object) -> str:
    """Return a parameter value in the engine's text form.

    A list becomes an array literal, in which strings are quoted; a plain string stays as it is.
    """
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence):
        return f"[{','.join(quoted(item) for item in value)}]"
    return str(value)


def quoted(value: object) -> str:
    """Return a value in the engine's text form, with strings quoted."""
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return literal(value)


def settings_clause(settings: Mapping[str, object]) -> str:
    """Return ` SETTINGS …` with values quoted."""
    parts = (f"{name} = {quoted(str(v)) if isinstance(v, str) else v}" for name, v in settings.items())
    return f" SETTINGS {', '.join(parts)}"


def json_lines(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as lines of JSON."""
    return "\n".join(json.dumps(row) for row in rows)
