"""The syntax of search texts. Pure.

    timeout payment          both words, in either case and in any order
    "connection reset"       this phrase, exactly, anywhere in the line
    order-id=5               a text with punctuation is a phrase too
    tim*                     a word with this prefix
    -retry -"cache miss"     lines without these
    支付失败                  this text, anywhere: scripts without spaces are split into their letters

A word is a sequence of letters and digits, and matches only whole words: the engine's text index holds those,
so that a rare word is found among millions of lines without reading them. A phrase matches if all its words
are in the line and the line contains its text.
"""

import re
from dataclasses import dataclass

from holdfast.runtime.errors import Invalid
from holdfast.telemetry.logs.words import cut, words_of

TERMS_MOST = 20
LENGTH_MOST = 1_000

_TERM = re.compile(r'(?P<not>-?)(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<plain>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """A term that a line must contain or, if `is_excluded`, must not.

    `text` is in lower case, split as the lines are. `words` are the whole words in every matching line;
    `is_prefix` says that the text is the beginning of a word. If the text is one word, that suffices.
    """

    text: str
    words: tuple[str, ...]
    is_excluded: bool = False
    is_prefix: bool = False

    @property
    def is_word(self) -> bool:
        """Whether a line matches if it contains the term's one word."""
        return not self.is_prefix and self.words == (self.text,)


def parse(text: str) -> tuple[Term, ...]:
    """Return the terms of a search text; a quote that is not closed ends with the text.

    Raises:
        Invalid: it has more than 1,000 characters or 20 terms.
    """
    if len(text) > LENGTH_MOST:
        raise Invalid(
            f"the search text has {len(text)} characters; at most {LENGTH_MOST} are allowed",
            value=text[:100],
            rule=f"at most {LENGTH_MOST} characters",
        )
    terms = tuple(term for match in _TERM.finditer(text) if (term := _term(match)) is not None)
    if len(terms) > TERMS_MOST:
        raise Invalid(
            f"the search text has {len(terms)} terms; at most {TERMS_MOST} are allowed",
            value=text[:100],
            rule=f"at most {TERMS_MOST} terms",
        )
    return terms


def _term(match: re.Match[str]) -> Term | None:
    is_excluded = match["not"] == "-"
    if match["phrase"] is not None:
        return _phrase(match["phrase"], is_excluded=is_excluded)
    plain = match["plain"]
    begun = plain.removesuffix("*").lower()
    if begun != plain.lower():
        if words_of(begun) == (begun,) == (cut(begun),):
            return Term(begun, (), is_excluded, is_prefix=True)
        if begun and cut(begun).endswith(" "):  # scripts without spaces have no prefixes
            return _phrase(begun, is_excluded=is_excluded)
    return _phrase(plain, is_excluded=is_excluded)


def _phrase(text: str, *, is_excluded: bool) -> Term | None:
    phrase = cut(text).strip()
    return Term(phrase, words_of(text), is_excluded) if phrase else None
