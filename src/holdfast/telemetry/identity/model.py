"""The identity of a service, what it is called on a page, and the scope of a question. Pure.

Names repeat: `checkout` runs in production and in staging, and two teams have a service called `api`. A
service is its environment, namespace and name (OpenTelemetry's `deployment.environment.name`,
`service.namespace`, `service.name`).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from holdfast.runtime.places import Placement, environment_of, namespace_of, shown

ENVIRONMENT_KEYS = ("deployment.environment.name", "deployment.environment")
"""Today's key and that of semantic conventions before 1.27; the first that is not empty counts."""
NAMESPACE_KEY = "service.namespace"
REGION_KEY = "cloud.region"
CLUSTER_KEY = "k8s.cluster.name"


@dataclass(frozen=True, slots=True, order=True)
class ServiceId:
    """A service: two of the same name in different environments or namespaces are two services.

    The absent environment and namespace are empty.
    """

    name: str
    namespace: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class PlaceFilter(Placement):
    """The environment, namespace and region a question is limited to; None is not limited."""

    def covers(self, one: ServiceId) -> bool:
        """Return whether a service is of this environment and namespace."""
        is_there = self.environment is None or one.environment == self.environment
        return is_there and (self.namespace is None or one.namespace == self.namespace)

    def meets(self, other: "PlaceFilter") -> bool:
        """Return whether a service may be of both environments and namespaces; regions do not matter."""
        both = (self.environment, other.environment), (self.namespace, other.namespace)
        return all(None in pair or len(set(pair)) == 1 for pair in both)

    @property
    def words(self) -> str:
        """Write it for a sentence: ` in production`; empty if nothing is limited."""
        limits = (
            shown(self.environment) if self.environment is not None else "",
            f"namespace {shown(self.namespace)}" if self.namespace is not None else "",
            f"region {self.region}" if self.region else "",
        )
        named = [one for one in limits if one]
        return f" in {', '.join(named)}" if named else ""


EVERYWHERE = PlaceFilter()


def identity_of(resource: Mapping[str, str], name: str) -> ServiceId:
    """Return the identity in the attributes of a resource, as the SQL of `columns` does."""
    environment = next((value for key in ENVIRONMENT_KEYS if (value := resource.get(key, ""))), "")
    return ServiceId(name, namespace_of(resource.get(NAMESPACE_KEY, "")), environment_of(environment))


def labels(ids: Iterable[ServiceId]) -> dict[ServiceId, str]:
    """Return what each service is called among these: its name alone while that is unique.

    Else what distinguishes it from the others of its name is added: the namespace (`billing/api`), or the
    environment (`checkout (staging)`), or both.
    """
    every = set(ids)
    of_name = Counter(one.name for one in every)
    of_namespace = Counter((one.name, one.namespace) for one in every)
    of_environment = Counter((one.name, one.environment) for one in every)

    def label(one: ServiceId) -> str:
        if of_name[one.name] == 1:
            return one.name
        if of_namespace[one.name, one.namespace] == 1:
            return _written(one.name, shown(one.namespace), "")
        if of_environment[one.name, one.environment] == 1:
            return _written(one.name, "", shown(one.environment))
        return _written(one.name, shown(one.namespace), shown(one.environment))

    return {one: label(one) for one in every}


def _written(name: str, namespace: str, environment: str) -> str:
    within = f"{namespace}/{name}" if namespace else name
    return f"{within} ({environment})" if environment else within
