"""Query parameters that many endpoints take: a range of time, a chart's step, a page's cursor and limit."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from holdfast.runtime.durations import in_seconds

_LONGEST_SECONDS = 10**9
_Whole = Annotated[int, Field(ge=10, le=86_400)]
_Any = Annotated[float, Field(ge=0, le=_LONGEST_SECONDS)]

From = Annotated[str | None, Field(alias="from", description="ISO 8601 instant or now-1h", max_length=40)]
To = Annotated[str | None, Field(alias="to", description="ISO 8601 instant or now", max_length=40)]

Step = Annotated[
    _Whole | None,
    BeforeValidator(in_seconds, json_schema_input_type=_Whole | str | None),
    Field(description="Seconds per point, a multiple of 10; or 10s, 5m, 1h"),
]
"""The width of a chart's steps in seconds, ten seconds to a day."""

Seconds = Annotated[_Any | None, BeforeValidator(in_seconds, json_schema_input_type=_Any | str | None)]
"""A duration in seconds, or with a unit: `800ms`."""

Cursor = Annotated[str | None, Field(max_length=2000, description="The `next` of the page before")]
"""Each list writes its own cursors; 2,000 characters hold the longest name that a list ends at."""

Limit = Annotated[int, Field(ge=1, le=1000, description="Rows on a page")]
