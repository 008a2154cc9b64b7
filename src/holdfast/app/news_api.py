"""`/api/v1/news`: the stream by which an open page learns that there is something new to read."""

from fastapi import APIRouter

from holdfast.app.news import NewsStream
from holdfast.runtime.errors import Unavailable
from holdfast.runtime.http import ViewerStill
from holdfast.runtime.problems import responses
from holdfast.runtime.streams import EventStream


def router(news: NewsStream) -> APIRouter:
    """Return the endpoint over the news."""
    api = APIRouter(tags=["health"])

    @api.get("/news", operation_id="get_news", response_class=EventStream, responses=responses(Unavailable))
    def get_news(authority: ViewerStill) -> EventStream:
        """Stream news as server-sent events: `news`, `status` and `end`.

        `news` has a version of what was `recorded` (incidents, alerts, changes, catalog) and of what was
        `received` (telemetry), sent when one of them changes; `status` is the answer of `/api/v1/status`,
        every few seconds and at once when a count of it changes. The stream ends within seconds when the
        client's token or session ends or its role is lowered.
        """
        news.enter()
        return EventStream(news.events(), authority=authority, clock=news.clock, at_end=news.leave)

    return api
