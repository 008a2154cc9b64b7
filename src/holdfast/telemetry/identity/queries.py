"""Query parameters that limit a question to an environment, a namespace, a region or a cluster."""

from typing import Annotated

from pydantic import Field

LONGEST = 300

Environment = Annotated[
    str | None,
    Field(max_length=LONGEST, description="Only this environment; `default` is telemetry without one"),
]
Namespace = Annotated[
    str | None,
    Field(max_length=LONGEST, description="Only this namespace; `default` is services without one"),
]
Region = Annotated[str | None, Field(max_length=LONGEST, description="Only this region")]
Cluster = Annotated[str | None, Field(max_length=LONGEST, description="Only this Kubernetes cluster")]
