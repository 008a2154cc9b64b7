"""Why a service cannot be shown: nobody sent it, or several have its name."""

from collections.abc import Sequence

from holdfast.runtime.errors import Invalid, NotFound
from holdfast.telemetry.identity.model import PlaceFilter, ServiceId, labels

NAMED_WHEN_SEVERAL = 5


def unknown(name: str, scope: PlaceFilter) -> NotFound:
    """Return that no service of this name is known."""
    return NotFound(
        f"no service {name!r} sent spans in this range{scope.words}, and the catalog has none; "
        "try a longer range, or see `holdfast service ls`",
        value=name,
    )


def several(name: str, found: Sequence[ServiceId]) -> Invalid:
    """Return that the name alone does not say which service is meant."""
    called = labels(found)
    named = ", ".join(called[one] for one in found[:NAMED_WHEN_SEVERAL])
    more = f" and {len(found) - NAMED_WHEN_SEVERAL} more" if len(found) > NAMED_WHEN_SEVERAL else ""
    return Invalid(
        f"{len(found)} services are called {name!r}: {named}{more}; name the environment or the namespace",
        value=name,
        rule="a service is its environment, namespace and name",
    )
