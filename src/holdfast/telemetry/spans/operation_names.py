"""The operation name under which RED sums a span: the span's name with ids folded. Pure.

Many instrumentations write ids into span names (`GET /cart/8734`), so that every request would be an
operation of its own: RED would grow as fast as the spans and be useless. In RED, `GET /cart/{id}` is one
operation. Spans keep their names, and SLIs match those.
"""

import re

FOLDED = "{id}"
"""The placeholder for an id; it is not an id itself, so that a folded name folds to itself."""

_UUID = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
# A word is all letters and digits between other characters, so `v2`, `oauth2` and `s3` are not ids.
_ID = f"(^|[^0-9A-Za-z])(?:[0-9]+|[0-9A-Fa-f]{{8,}}|{_ULID})($|[^0-9A-Za-z])"


def folded(name: str) -> str:
    """Return the SQL expression for the folded form of `name`, a SQL expression itself.

    Ids are UUIDs, and words that are numbers, hexadecimal of eight digits or more, or ULIDs. The engine reads
    a column of names by its distinct values, so a name is folded once per block, not once per span.
    """
    without_uuids = f"replaceRegexpAll({name}, '{_UUID}', '{FOLDED}')"
    # A match includes the character behind it, which the next match then lacks in front: in `/1/2/3` the
    # first pass finds every other word, the second the rest.
    return _without_ids(_without_ids(without_uuids))


def folded_name(name: str) -> str:
    """Return the folded form of one name, as the SQL of `folded` does."""
    found = re.sub(_UUID, FOLDED, name, flags=re.ASCII)
    for _ in range(2):
        found = re.sub(_ID, rf"\g<1>{FOLDED}\g<2>", found, flags=re.ASCII)
    return found


def _without_ids(name: str) -> str:
    return f"replaceRegexpAll({name}, '{_ID}', '\\\\1{FOLDED}\\\\2')"
