"""Only `runtime/clock.py` asks the machine what time it is, and nothing sleeps.

Why: a decision that takes its time as a value can be tested a week ahead in milliseconds and reproduced
later from its inputs; one call of `datetime.now` inside it ends that, and a test that sleeps is slow or
flaky.
"""

import ast

from tests.lints.source import PRODUCT, Source, allowed, sources

CLOCK = f"{PRODUCT}/runtime/clock.py"
READS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
READS |= {("time", name) for name in ("time", "time_ns", "monotonic", "monotonic_ns")}
SLEEPS = {("time", "sleep"), ("asyncio", "sleep"), ("anyio", "sleep")}


def _calls(source: Source) -> list[tuple[str, tuple[str, str]]]:
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            found.append((source.at(node), (name, node.func.attr)))
    return found


def test_nothing_reads_the_machines_clock() -> None:
    """The product asks its injected clock, never the machine's."""
    product = [source for source in sources() if source.path.startswith(PRODUCT) and source.path != CLOCK]
    assert [at for source in product for at, call in _calls(source) if call in READS | SLEEPS] == []


def test_no_test_sleeps() -> None:
    """Tests wait for what they wait for, or move a clock; those that watch a real process are listed."""
    exceptions = allowed("sleeps")
    found = {
        source.path for source in sources() if source.is_test for _, call in _calls(source) if call in SLEEPS
    }
    assert found - exceptions == set()
    assert exceptions - found == set(), "these need their exception no more"


def test_the_lint_finds_each_way_to_ask_or_to_sleep() -> None:
    """Each call is met however its module was imported; asking an injected clock is not."""
    for line in ("datetime.now(UTC)", "datetime.datetime.utcnow()", "time.monotonic()", "date.today()"):
        assert {call for _, call in _calls(_source(line))} & READS, line
    for line in ("time.sleep(1)", "asyncio.sleep(1)"):
        assert {call for _, call in _calls(_source(line))} & SLEEPS, line
    for line in ("clock.now()", "self._clock.monotonic_seconds()", "datetime.fromtimestamp(at)"):
        assert not {call for _, call in _calls(_source(line))} & (READS | SLEEPS), line


def _source(line: str) -> Source:
    return Source(f"{PRODUCT}/x.py", line, ast.parse(line))
