"""Options that limit a command to an environment, a namespace, a region or a cluster."""

from typing import Annotated

import typer

EnvironmentOption = Annotated[
    str,
    typer.Option("--environment", "-e", help="Only this environment; `default` is telemetry without one."),
]
NamespaceOption = Annotated[
    str, typer.Option("--namespace", "-n", help="Only this namespace; `default` is services without one.")
]
RegionOption = Annotated[str, typer.Option("--region", help="Only this region.")]
ClusterOption = Annotated[str, typer.Option("--cluster", help="Only this Kubernetes cluster.")]


def in_query(environment: str, namespace: str, region: str = "", cluster: str = "") -> dict[str, str]:
    """Return the options as query parameters; those not given are left out."""
    given = {"environment": environment, "namespace": namespace, "region": region, "cluster": cluster}
    return {name: value for name, value in given.items() if value}
