"""Removes secrets from texts for people and logs: tokens in the wrong place, passwords in addresses."""

import re
from typing import Any

_TOKEN = re.compile(r"hf_[a-z]{1,16}_[0-9a-fA-F]{8,}")
HIDDEN = "hf_(token not shown)"


def redacted(text: str) -> str:
    """Return `text` with every token of ours replaced."""
    return _TOKEN.sub(HIDDEN, text) if "hf_" in text else text


def redacted_document(value: Any) -> Any:
    """Return a JSON value with every token of ours replaced in its texts."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: redacted_document(one) for key, one in value.items()}
    if isinstance(value, list):
        return [redacted_document(one) for one in value]
    return value


def without_secret(url: str) -> str:
    """Return `url` with any password hidden, for people to read."""
    place, mark, query = url.partition("?")
    place = re.sub(r"(://[^:/@]*):.*@", r"\1:***@", place)
    return place + mark + re.sub(r"(password=)[^&]*", r"\1***", query, flags=re.IGNORECASE)
