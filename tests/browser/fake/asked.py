"""What the fake API is asked for, read as the real one reads it, and how it refuses."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Refusal(Exception):
    """An answer that is a problem document."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        """Keep what the problem document says."""
        super().__init__(detail)
        self.document = {"type": "about:blank", "title": title, "status": status, "detail": detail}


def moment(text: str, now: datetime) -> datetime:
    """Read `now`, `now-6h` or an ISO moment."""
    if relative := re.fullmatch(r"now(?:-(\d+)([smhdw]))?", text):
        back = int(relative[1] or 0) * UNITS[relative[2] or "m"]
        return now - timedelta(seconds=back)
    return datetime.fromisoformat(text)
