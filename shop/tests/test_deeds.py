"""What faults do to the parts of the shop, and how little of it they keep."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import psutil
import pytest
from redis import Redis

from bazaar import parts, readiness, servers
from bazaar.allowance import Allowance
from bazaar.deeds import DeedsOnParts
from bazaar.dials import Dials
from bazaar.faults import Deed, Dial
from bazaar.hog import Hog
from bazaar.layout import HOST, Layout
from bazaar.leak import MOST_BYTES, Leak


def frozen(running: list[parts.Part]) -> set[str]:
    """The parts that are stopped but not gone."""
    return {part.name for part in running if psutil.Process(part.pid).status() == psutil.STATUS_STOPPED}


def test_a_lost_zone_falls_silent_and_comes_back(layout: Layout, data: Path) -> None:
    """All replicas of the lost zone freeze, the others do not; undone, all run; frozen ones stop well."""
    names = ("cart-zone-a", "cart-zone-b", "catalog-v2-zone-b")
    tail = parts.program("/usr/bin/env", "tail", "-f", "/dev/null")
    running = [parts.fork(name, data / name, tail) for name in names]
    deeds = DeedsOnParts(layout, lambda: running)
    lost = {"cart-zone-b", "catalog-v2-zone-b"}
    try:
        for deed, expected in ((deeds.do, lost), (deeds.undo, set()), (deeds.do, lost)):
            asyncio.run(deed(Deed.LOSE_ZONE))
            readiness.wait_for(running[0], lambda expected=expected: frozen(running) == expected)
    finally:
        parts.stop(running, patience_seconds=60.0)
    assert all(part.ended() for part in running)


def test_an_emptied_cache_is_empty(layout: Layout, data: Path) -> None:
    """What Redis kept is gone."""
    part = parts.fork("redis", data / "log", servers.redis(layout))
    try:
        with Redis(host=HOST, port=layout.cache_port) as client:
            readiness.wait_for(part, lambda: readiness.cache_answers(client))
            client.set("cart:ada", "1")
            asyncio.run(DeedsOnParts(layout, lambda: ()).do(Deed.EMPTY_CACHE))
            assert client.dbsize() == 0
    finally:
        parts.stop([part])


def test_a_leak_has_an_end_and_is_undone_whole() -> None:
    """However many requests come a replica holds no more than the most, and after a fix nothing."""

    async def scene() -> None:
        dials = Dials()
        leak = Leak(dials)
        dials.turn(Dial.CART_LEAK_BYTES, MOST_BYTES / 4)
        await asyncio.gather(*(leak.grow() for _ in range(8)))
        assert leak.held_bytes == MOST_BYTES
        dials.rest()
        await leak.grow()
        assert leak.held_bytes == 0

    asyncio.run(scene())


def test_a_hog_burns_what_the_dial_says() -> None:
    """Processor time is spent while the dial is up, and at rest next to none."""
    # A process's times come in ticks of 10 ms, some kernels' in coarser ones: the thread's clock is exact.
    dials = Dials()
    started = time.thread_time()
    Hog(dials).burn()
    rested = time.thread_time()
    dials.turn(Dial.SEARCH_CPU_SECONDS, 0.05)
    Hog(dials).burn()
    assert rested - started < 0.02
    assert time.thread_time() - rested >= 0.05


@pytest.mark.parametrize(("waited", "granted"), [(0.0, 0), (1.0, 2), (60.0, 6)])
def test_an_allowance_is_saved_up_but_not_for_ever(waited: float, granted: int) -> None:
    """Two a second, saved for three: a spent allowance grants what has been saved up since, six at most."""
    now = [0.0]
    allowance = Allowance(2.0, 3.0, lambda: now[0])
    assert [allowance.take() for _ in range(7)] == [True] * 6 + [False]
    now[0] = waited
    assert sum(allowance.take() for _ in range(9)) == granted
