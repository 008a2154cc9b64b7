"""`/api/v1/views`: the caller's saved views."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from holdfast.runtime import pages
from holdfast.runtime.addresses import PathName
from holdfast.runtime.errors import Conflict, Invalid, NotFound
from holdfast.runtime.http import IdempotencyKey, Viewer
from holdfast.runtime.pages import fitting
from holdfast.runtime.problems import responses
from holdfast.runtime.queries import Limit
from holdfast.runtime.timerange import iso
from holdfast.views.model import VIEWS_MOST, View
from holdfast.views.service import Views

Cursor = Annotated[str | None, Query(max_length=600, description="The `next` of the page before")]


class ViewBody(BaseModel):
    """A saved view: `address` is a path of the page with its query; a pinned one stands in the rail."""

    name: str
    address: str
    is_pinned: bool
    saved_at: str


class ViewListBody(BaseModel):
    """The caller's views, by name."""

    items: list[ViewBody]
    next: str | None


class SavedViewBody(BaseModel):
    """What to save under a name."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(description="Path and query of the page: /services?from=now-1h")]
    is_pinned: bool = False


def router(views: Views) -> APIRouter:
    """Return the endpoints over `views`; each is about the caller's own."""
    api = APIRouter(prefix="/views", tags=["views"])

    @api.get("", operation_id="list_views", responses=responses(Invalid))
    def list_views(principal: Viewer, cursor: Cursor = None, limit: Limit = VIEWS_MOST) -> ViewListBody:
        """List the caller's saved views, by name."""
        after = "" if cursor is None else str(pages.read(cursor, str)[0])
        found = views.list(principal.name, after=after, limit=limit + 1)
        items = fitting(_body(view) for view in found[:limit])
        is_end = len(items) == len(found)
        return ViewListBody(items=items, next=None if is_end else pages.written(items[-1].name))

    @api.put("/{name}", operation_id="save_view", responses=responses(Invalid, Conflict))
    def save_view(name: PathName, body: SavedViewBody, principal: Viewer, _key: IdempotencyKey) -> ViewBody:
        """Save an address of the page under a name; another view of that name gives way."""
        saved = views.save(principal.name, name, address=body.address, is_pinned=body.is_pinned)
        return _body(saved)

    @api.delete(
        "/{name}",
        operation_id="remove_view",
        status_code=204,
        responses=responses(Invalid, NotFound, Conflict),
    )
    def remove_view(name: PathName, principal: Viewer, _key: IdempotencyKey) -> None:
        """Remove a saved view."""
        views.remove(principal.name, name)

    return api


def _body(view: View) -> ViewBody:
    return ViewBody(
        name=view.name, address=view.address, is_pinned=view.is_pinned, saved_at=iso(view.saved_at)
    )
