"""A service that is idle because another fails before it, over HTTP: for services, silences and the map."""

from datetime import UTC, datetime

from pydantic import BaseModel

from holdfast.telemetry.services.silence import Silence


class IdleBody(BaseModel):
    """Which service fails before it, and since when it sends nothing; null if it still sends something."""

    behind: str
    since: datetime | None


def idle_body(found: Silence) -> IdleBody | None:
    """Return why a service is idle, or None if it is not."""
    if not found.idle_behind:
        return None
    since = found.since_epoch
    return IdleBody(
        behind=found.idle_behind, since=None if since is None else datetime.fromtimestamp(since, UTC)
    )
