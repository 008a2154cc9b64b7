"""The catalog of the walks: one objective for each of two services."""

from typing import Any

SERVICES = ("checkout", "search")
OBJECTIVE = """apiVersion: openslo/v1
kind: SLO
metadata: {{name: {service}-works}}
spec:
  service: {service}
  description: {description}
  indicator:
    metadata: {{name: {service}-requests}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: traces, spec: {{service: {service}, kind: server, status: ok}}}}}}
        total: {{metricSource: {{type: traces, spec: {{service: {service}, kind: server}}}}}}
  timeWindow: [{{duration: 28d, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: good, target: 0.999}}]
"""
SERVICE = "apiVersion: openslo/v1\nkind: Service\nmetadata: {{name: {service}}}\nspec: {{}}\n"


def documents(services: tuple[str, ...], description: str) -> dict[str, Any]:
    """Return a catalog of one objective for each service, distinguished by its `description`."""
    parts = [SERVICE.format(service=service) for service in SERVICES]
    parts += [OBJECTIVE.format(service=service, description=description) for service in services]
    return {"documents": [{"file": "catalog.yaml", "text": "---\n".join(parts)}]}
