"""How environments and namespaces are compared, and what the absent one is called. Pure.

Telemetry, the catalog and changes name them, and all must mean the same.
"""

import string
from dataclasses import dataclass
from typing import Self

DEFAULT = "default"
"""What the absent environment or namespace is called, and whoever writes it means the absent one."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def environment_of(text: str) -> str:
    """Return an environment as it is compared: without ASCII case and outer spaces, empty for `default`."""
    written = text.strip(" ").translate(_LOWER)
    return "" if written == DEFAULT else written


def namespace_of(text: str) -> str:
    """Return a namespace as it is compared: as it is written, empty for `default`."""
    return "" if text == DEFAULT else text


def shown(text: str) -> str:
    """Return what an environment or namespace is called: the absent one is `default`."""
    return text or DEFAULT


@dataclass(frozen=True, slots=True)
class Placement:
    """An environment, a namespace and a region.

    None is all of them, and not the same as the absent environment or namespace, which is empty.
    """

    environment: str | None = None
    namespace: str | None = None
    region: str | None = None

    @classmethod
    def named(
        cls, environment: str | None = None, namespace: str | None = None, region: str | None = None
    ) -> Self:
        """Return the place that a person named, who calls the absent environment or namespace `default`."""
        return cls(
            None if not environment else environment_of(environment),
            None if not namespace else namespace_of(namespace),
            region or None,
        )

    @property
    def limits(self) -> dict[str, str]:
        """What is limited, by name."""
        every = {"environment": self.environment, "namespace": self.namespace, "region": self.region}
        return {name: value for name, value in every.items() if value is not None}


ANYWHERE = Placement()
