"""Foreign text, made harmless for a terminal or a log: shown there, never executed.

Telemetry, catalog documents and answers of the API hold any text that a workload wrote: escape sequences that
recolour, retitle or overwrite a terminal, characters that reverse the reading direction, lone surrogates.
Everything that is printed passes one of these functions (a lint checks).
"""

import unicodedata

SHOWN_AS = "\N{REPLACEMENT CHARACTER}"
_NEWLINE_SHOWN_AS = "\N{RETURN SYMBOL}"
_JOINERS = "\u200c\u200d"
"""Characters without width that scripts and emoji need, and that control no terminal."""


def is_harmless(sign: str) -> bool:
    """Whether a character may reach a terminal as it is: printable, a blank, or a joiner."""
    return sign.isprintable() or sign in _JOINERS or unicodedata.category(sign) == "Zs"


class _Shown(dict[int, str]):
    """What each character is shown as, computed at its first use."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = sign if is_harmless(sign) else SHOWN_AS
        return self[code]


class _Escaped(dict[int, str]):
    """How each character is written inside quotes of JSON or YAML, where escapes are allowed."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        self[code] = sign if is_harmless(sign) else _escape(code)
        return self[code]


_SHOWN = _Shown({ord("\n"): "\n", ord("\t"): "    "})
_ESCAPED = _Escaped({ord("\n"): "\n"})


def harmless(text: str) -> str:
    """Return `text` with every character replaced that could control a terminal; its line ends stay."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def harmless_line(text: str) -> str:
    """Return `text` as one line: a line end inside it must not look like the beginning of another entry."""
    return harmless(text).replace("\n", _NEWLINE_SHOWN_AS)


def harmless_lines(text: str, *, indent: str = "    ") -> str:
    """Return `text` with its further lines indented, so that none looks like the beginning of an entry."""
    return harmless(text).replace("\n", f"\n{indent}")


def escaped(written: str) -> str:
    """Return JSON, or YAML with unusual texts in double quotes, with harmful characters escaped."""
    return written.translate(_ESCAPED)


def _escape(code: int) -> str:
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
