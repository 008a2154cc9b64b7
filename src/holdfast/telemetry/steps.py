"""Seconds as they are asked for in addresses: numbers, or with a unit behind them (`step=1m`)."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from holdfast.catalog.durations import in_seconds

_LONGEST_SECONDS = 10**9
_Whole = Annotated[int, Field(ge=10, le=86_400)]
_Any = Annotated[float, Field(ge=0, le=_LONGEST_SECONDS)]

StepSeconds = Annotated[
    _Whole | None, BeforeValidator(in_seconds, json_schema_input_type=_Whole | str | None)
]
"""The width of a chart's steps, ten seconds to a day."""

Seconds = Annotated[_Any | None, BeforeValidator(in_seconds, json_schema_input_type=_Any | str | None)]
"""How long something took."""
