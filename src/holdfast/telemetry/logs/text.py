"""Which lines a search text means. Pure.

    timeout payment          both words, in either case and in any order
    "connection reset"       this phrase: its words, written so, anywhere in the line
    order-id=5               what has signs in it is a phrase, too
    tim*                     a word that begins so
    -retry -"cache miss"     not these
    支付失败                  this, anywhere: writings without spaces are cut into their letters

A word is a run of letters and digits, and matches whole words only: that is what the engine's text index
knows, so that a rare word is found among millions of lines without reading them. A phrase matches where all
its words are in the line and its text stands in it somewhere.
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
    """One thing a line must hold or, `is_excluded`, must not.

    `text` is in lower case, cut as the lines are. `words` are those every matching line holds as a whole;
    `is_prefix` says that the text is the beginning of a word. Where the text is one word, holding it is all.
    """

    text: str
    words: tuple[str, ...]
    is_excluded: bool = False
    is_prefix: bool = False

    @property
    def is_word(self) -> bool:
        """Whether holding its one word is all there is to it."""
        return not self.is_prefix and self.words == (self.text,)


def parse(text: str) -> tuple[Term, ...]:
    """Return what a search text asks for; a quote that is not closed ends with the text.

    Raises:
        Invalid: longer than 1,000 characters, or more than 20 terms.
    """
    if len(text) > LENGTH_MOST:
        raise Invalid(
            f"the search text has {len(text)} characters and may have {LENGTH_MOST}",
            value=text[:100],
            rule=f"at most {LENGTH_MOST} characters",
        )
    terms = tuple(term for match in _TERM.finditer(text) if (term := _term(match)) is not None)
    if len(terms) > TERMS_MOST:
        raise Invalid(
            f"the search text has {len(terms)} terms and may have {TERMS_MOST}",
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
        if begun and cut(begun).endswith(" "):  # nothing ends where no space is set
            return _phrase(begun, is_excluded=is_excluded)
    return _phrase(plain, is_excluded=is_excluded)


def _phrase(text: str, *, is_excluded: bool) -> Term | None:
    phrase = cut(text).strip()
    return Term(phrase, words_of(text), is_excluded) if phrase else None
