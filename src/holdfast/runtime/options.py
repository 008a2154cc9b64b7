"""Options that many commands take: the start and end of a range of time."""

from typing import Annotated

import typer

FromOption = Annotated[str, typer.Option("--from", help="Start of the range: ISO 8601 or now-6h.")]
ToOption = Annotated[str, typer.Option("--to", help="End of the range: ISO 8601 or now.")]
