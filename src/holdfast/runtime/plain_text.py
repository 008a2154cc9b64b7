"""Text that came from elsewhere, made harmless for a terminal or a log: shown there, never obeyed.

Telemetry, catalog documents and answers of the API hold whatever a workload wrote: escape sequences that
recolour, retitle or overwrite a terminal, signs that reverse the direction of reading, halves of characters.
Everything that is printed passes one of these functions (a lint checks).
"""

import unicodedata

SHOWN_AS = "\N{REPLACEMENT CHARACTER}"
_NEWLINE_SHOWN_AS = "\N{RETURN SYMBOL}"
_JOINERS = "\u200c\u200d"
"""Signs without width that scripts and emoji are written with, and that no terminal obeys."""


def is_harmless(sign: str) -> bool:
    """Whether a sign may reach a terminal as it is: it is printed, a blank, or joins what is."""
    return sign.isprintable() or sign in _JOINERS or unicodedata.category(sign) == "Zs"


class _Shown(dict[int, str]):
    """What each sign is shown as, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = sign if is_harmless(sign) else SHOWN_AS
        return self[code]


class _Escaped(dict[int, str]):
    """How each sign is written inside quotes of JSON or YAML, where an escape means the sign itself."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = sign if is_harmless(sign) else _escape(code)
        return self[code]


_SHOWN = _Shown({ord("\n"): "\n", ord("\t"): "    "})
_ESCAPED = _Escaped({ord("\n"): "\n"})


def harmless(text: str) -> str:
    """Return `text` with every sign replaced that could steer a terminal; its line ends stay."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def harmless_line(text: str) -> str:
    """Return `text` as one line: a line end inside it must not look like the beginning of another thing."""
    return harmless(text).replace("\n", _NEWLINE_SHOWN_AS)


def harmless_lines(text: str, *, indent: str = "    ") -> str:
    """Return `text` with its further lines set in, so that none looks like the beginning of another thing."""
    return harmless(text).replace("\n", f"\n{indent}")


def escaped(written: str) -> str:
    """Return JSON, or YAML whose odd texts stand in double quotes, with harmful signs written as escapes."""
    return written.translate(_ESCAPED)


def _escape(code: int) -> str:
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
