"""The text of a log line for search: without terminal escapes, and split into words. Pure.

Lines are stored as sent. Searching and mining use the SQL expressions here, and people see `plain`, which
does the same in Python; a test compares the two over the relevant parts of Unicode.
"""

import re

from holdfast.telemetry.warehouse.sql_text import quoted

_ESCAPE = r"(?:\x1b|\\u001[bB])"
# ECMA-48: a control sequence (colours), a string up to its terminator (links, titles), or two characters. Of
# an unfinished string only the beginning is removed: no word behind it may be hidden. In JSON, escapes are
# escaped. A string also ends at a backslash, so that a line of many unfinished ones is not read repeatedly.
_TERMINAL = (
    rf"{_ESCAPE}(?:\[[0-?]*[ -/]*[@-\[\]-~]|[\]PX^_][^\x07\x1b\\]*(?:\x07|\\u0007|{_ESCAPE}\\{{1,2}})"
    r"|[ -/]*[0-~])?"
)
_JSON_BREAK = r"\\[bfnrt]"

_APART = (
    ("\u0080", "\u00a9"),  # Latin-1's signs
    ("\u00ab", "\u00ac"),
    ("\u00ae", "\u00b4"),
    ("\u00b6", "\u00b9"),
    ("\u00bb", "\u00bf"),
    ("\u00d7", "\u00d7"),
    ("\u00f7", "\u00f7"),
    ("\u060c", "\u060c"),  # Arabic punctuation
    ("\u061b", "\u061f"),
    ("\u06d4", "\u06d4"),
    ("\u0964", "\u0965"),  # danda
    ("\u0e00", "\u109f"),  # Thai, Lao, Tibetan, Myanmar
    ("\u1100", "\u11ff"),  # Hangul in its parts
    ("\u1780", "\u17ff"),  # Khmer
    ("\u2000", "\u200b"),  # spaces, dashes, quotes; not the joiners, which occur inside words
    ("\u200e", "\u206f"),
    ("\u20a0", "\u20cf"),  # currencies
    ("\u2190", "\u2bff"),  # arrows, frames, symbols
    ("\u2e00", "\ua4cf"),  # punctuation, Han, Kana, Bopomofo, Yi
    ("\ua960", "\ua97f"),
    ("\ua9e0", "\ua9ff"),
    ("\uaa60", "\uaa7f"),
    ("\uac00", "\ud7ff"),  # Hangul
    ("\uf900", "\ufaff"),
    ("\ufe00", "\ufe6f"),
    ("\ufeff", "\uffff"),  # full-width forms, and the replacement character
    ("\U0001aff0", "\U0001b16f"),
    ("\U0001f000", "\U0001faff"),  # emoji
    ("\U00020000", "\U0003ffff"),  # Han
)
"""Ranges of letters of scripts without spaces between words, and of symbols: each is a word of its own.

Everything else beyond ASCII counts as a letter, as it does for the engine's index.
"""

_WORD = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")
_PLAIN = re.compile(_TERMINAL)
_CUT = re.compile("([" + "".join(f"{first}-{last}" for first, last in _APART) + "])")
_CUT_SQL = "([" + "".join(f"\\x{{{ord(first):x}}}-\\x{{{ord(last):x}}}" for first, last in _APART) + "])"

_BACKSLASH, _SPACED = quoted("\\"), quoted(r" \1 ")
_HAS_ESCAPE = f"(position(Body, '\\x1b') > 0 OR position(Body, {quoted(chr(92) + 'u001')}) > 0)"
CLEAN = f"if({_HAS_ESCAPE}, replaceRegexpAll(Body, {quoted(_TERMINAL)}, ''), Body)"
"""A line's text without terminal escapes."""

# A line break inside a structured body is written `\\n`: its n is no letter of the word behind it.
_LINES = (
    f"if(startsWith(Body, '{{') OR startsWith(Body, '['), "
    f"replaceRegexpAll({CLEAN}, {quoted(_JSON_BREAK)}, ' '), {CLEAN})"
)
# Nearly all lines need none of it; three cheap checks find those.
TEXT = (
    f"if(position(Body, '\\x1b') > 0 OR position(Body, {_BACKSLASH}) > 0 "
    "OR lengthUTF8(Body) != length(Body), "
    f"replaceRegexpAll(lowerUTF8({_LINES}), {quoted(_CUT_SQL)}, {_SPACED}), lowerUTF8(Body))"
)
"""The text in which words and phrases are searched: exactly the expression of the text index."""


def plain(body: str) -> str:
    """Return a line without terminal escapes, as shown to people."""
    return _PLAIN.sub("", body) if "\x1b" in body or "\\u001" in body else body


def cut(text: str) -> str:
    """Return a text in lower case with a space around each letter that is a word of its own."""
    return _CUT.sub(r" \1 ", text.lower())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, as the engine splits them."""
    return tuple(_WORD.findall(cut(text)))
