"""The pool of connections."""

from __future__ import annotations

import asyncio

import pytest

from bazaar.pool import Pool, PoolExhaustedError


async def made(connection: int | None) -> int:
    """Makes connection number one, and leaves it alone after that."""
    return connection or 1


def test_a_connection_is_made_once_and_lent_again() -> None:
    """What is given back is lent to the next, and drained at the end."""

    async def scene() -> None:
        pool = Pool("stock", 1, made)
        for _ in range(2):
            async with pool.borrow() as connection:
                assert connection == 1
        assert await pool.drain() == [1]
        assert await pool.drain() == []

    asyncio.run(scene())


def test_nobody_waits_for_ever() -> None:
    """When all are lent the next is refused after a while, told which pool and how small it is."""

    async def scene() -> None:
        pool = Pool("stock", 1, made)
        async with pool.borrow():
            with pytest.raises(PoolExhaustedError, match="none of the 1 connections of stock"):
                async with pool.borrow():
                    pytest.fail("there was none left to lend")

    asyncio.run(scene())


def test_a_connection_held_too_long_comes_back_in_the_end() -> None:
    """A connection that is kept after use is lent again once that time is over."""

    async def scene() -> None:
        pool = Pool("stock", 1, made, lambda: 0.05)
        for _ in range(2):
            async with pool.borrow() as connection:
                assert connection == 1

    asyncio.run(scene())


def test_a_failure_gives_the_connection_back() -> None:
    """A request that fails takes no connection with it, also when the connection could not be made."""

    async def broken(_: int | None) -> int:
        raise OSError("refused")

    async def scene() -> None:
        pool = Pool("stock", 1, broken)
        for _ in range(2):
            with pytest.raises(OSError, match="refused"):
                async with pool.borrow():
                    pytest.fail("it was never made")

    asyncio.run(scene())
