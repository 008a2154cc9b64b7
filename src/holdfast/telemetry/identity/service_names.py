"""What a service is called, of all names its telemetry has: the resolver that every reader asks. Pure."""

from typing import Protocol


class ServiceNames(Protocol):
    """Resolves the names telemetry has into those of the catalog, and back."""

    def called(self, sent: str) -> str:
        """Return what a service, or a party that sends nothing, is called; by default its own name."""

    def party(self, name: str) -> str:
        """Return what a party is called, `pay:8080` as the service `pay` if there is one."""

    def sent_as(self, name: str) -> tuple[str, ...]:
        """Return the names under which telemetry may have the service called so, by default its own."""


class _AsSent:
    def called(self, sent: str) -> str:
        return sent

    def party(self, name: str) -> str:
        return name

    def sent_as(self, name: str) -> tuple[str, ...]:
        return (name,)


AS_SENT: ServiceNames = _AsSent()
"""Every name is its own: nothing has an alias."""
