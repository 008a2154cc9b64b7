"""Breaking and fixing a running shop: dials for our processes, runtime keys for Envoys, deeds on parts."""

from __future__ import annotations

import httpx

from bazaar.deeds import Deeds, NoDeeds
from bazaar.dials import Dials
from bazaar.faults import FAULTS, Fault, fault_named, resting_runtime
from bazaar.layout import HOST, ZONES, Layout


class Breakage:
    """The faults that are on. One per running shop; several may be on at once."""

    def __init__(
        self, layout: Layout, dials: Dials, client: httpx.AsyncClient, deeds: Deeds | None = None
    ) -> None:
        self._layout = layout
        self._deeds = deeds or NoDeeds()
        self._dials = dials
        self._client = client
        self._broken: dict[str, Fault] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The faults that are on, oldest first."""
        return tuple(self._broken)

    async def break_(self, name: str) -> Fault:
        """Switch a fault on; twice is once."""
        fault = fault_named(name)
        for dial, value in fault.dials.items():
            self._dials.turn(dial, value)
        await self._modify_runtime(fault.runtime)
        for deed in fault.deeds:
            await self._deeds.do(deed)
        self._broken[name] = fault
        return fault

    async def fix(self) -> tuple[str, ...]:
        """Switch all faults off and return which were on."""
        was = self.names
        self._dials.rest()
        await self._modify_runtime(resting_runtime())
        for deed in (deed for fault in self._broken.values() for deed in fault.deeds):
            await self._deeds.undo(deed)
        self._broken.clear()
        return was

    async def _modify_runtime(self, keys: dict[str, int]) -> None:
        if not keys:
            return
        for zone in ZONES:
            url = f"http://{HOST}:{self._layout.zone(zone).admin}/runtime_modify"
            answer = await self._client.post(url, params={key: str(value) for key, value in keys.items()})
            answer.raise_for_status()


def fault_list(broken: tuple[str, ...]) -> list[dict[str, object]]:
    """Return all faults, for a person or a program to choose from."""
    return [
        {
            "name": fault.name,
            "sentence": fault.sentence,
            "burns": list(fault.burns),
            "deploys": fault.deploys,
            "broken": fault.name in broken,
        }
        for fault in FAULTS.values()
    ]
