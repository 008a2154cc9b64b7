"""The embedded warehouse: many threads, failed queries, other processes, closing and opening again."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.otlp_builders import of_service, segment, span, traces

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse import literal, settings_clause
from holdfast.telemetry.warehouse_chdb import READERS, ChdbWarehouse

HOLD_OPEN = """
import sys
from pathlib import Path
from holdfast.telemetry.warehouse_chdb import ChdbWarehouse
warehouse = ChdbWarehouse(Path(sys.argv[1]))
warehouse.open()
print("open", flush=True)
sys.stdin.read()
"""


def test_queries_run_at_once_and_get_their_own_answers(warehouse: ChdbWarehouse) -> None:
    """Eight threads ask over four connections; each gets the answer to what it asked."""

    def ask(number: int) -> bool:
        rows = warehouse.query("SELECT {n:UInt32}, count() FROM numbers({n:UInt32})", {"n": number})
        return rows == [(number, number)]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(400)))


@pytest.mark.parametrize(
    "broken",
    [
        "SELECT throwIf(number = 1000000), randomString(10) FROM numbers(10000000) SETTINGS max_threads = 1,",
        "SELECT number, intDiv(1, 500000 - number) FROM numbers(1000000) SETTINGS max_threads = 1,",
        "SELECT sum(sipHash64(number)) FROM numbers(1000000000000) SETTINGS",
    ],
)
def test_a_failed_query_leaves_nothing_behind(warehouse: ChdbWarehouse, broken: str) -> None:
    """What a query had written when it failed never shows up in another one's answer."""
    sql = broken.rpartition(" SETTINGS")[0]
    for _ in range(READERS + 1):
        with pytest.raises(Unavailable):
            warehouse.query(sql, timeout_seconds=0.2)
        assert warehouse.query("SELECT 'mine'") == [("mine",)]


def test_waiting_for_a_free_connection_has_an_end(warehouse: ChdbWarehouse) -> None:
    """When all connections are busy a query gives up in its time and says so."""
    slow = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    with ThreadPoolExecutor(READERS) as threads:
        busy = [threads.submit(warehouse.query, slow, timeout_seconds=3) for _ in range(READERS)]
        with pytest.raises(Unavailable, match=r"busy|cut off"):
            warehouse.query(slow, timeout_seconds=0.2)
        assert all(isinstance(one.exception(), Unavailable) for one in busy)
    assert warehouse.query("SELECT 1") == [(1,)]


def test_a_segment_that_is_gone_is_not_refused_for_good(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """A missing file is something to look at and try again, unlike one that cannot be read."""
    with pytest.raises(Unavailable):
        warehouse.insert_segment(Signal.TRACES, tmp_path / "missing", "missing")


def test_half_a_segment_is_refused_whole(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """From a segment that breaks off in the middle nothing is stored, so that a repaired one can follow."""
    path = segment(tmp_path, traces(of_service("cart", [span() for _ in range(50)])))
    data = path.read_bytes()
    path.write_bytes(data + data[: len(data) // 2])
    with pytest.raises(SegmentRefused):
        warehouse.insert_segment(Signal.TRACES, path, "half")
    assert warehouse.query("SELECT count() FROM otel_traces") == [(0,)]
    path.write_bytes(data)
    warehouse.insert_segment(Signal.TRACES, path, "half")
    assert warehouse.query("SELECT count() FROM otel_traces") == [(50,)]


def test_awkward_paths_and_tokens_are_only_text(warehouse: ChdbWarehouse, tmp_path: Path) -> None:
    """Quotes and backslashes in a path or a token are part of its name."""
    path = segment(tmp_path, traces(of_service("cart", [span()])))
    odd = path.rename(tmp_path / 'it\'s a \\ "segment"')
    for _ in range(2):
        warehouse.insert_segment(Signal.TRACES, odd, "it's \\ a 'token'")
    assert warehouse.query("SELECT count() FROM otel_traces") == [(1,)]


def test_what_is_stored_is_there_after_closing(tmp_path: Path) -> None:
    """Closing and opening the directory again keeps tables and rows; the same object can be opened again."""
    warehouse = ChdbWarehouse(tmp_path / "kept")
    for number in range(3):
        warehouse.open()
        warehouse.command(
            "CREATE TABLE IF NOT EXISTS kept (number UInt32) ENGINE = MergeTree ORDER BY number"
        )
        warehouse.command("INSERT INTO kept SELECT {number:UInt32}", {"number": number})
        assert warehouse.query("SELECT number FROM kept ORDER BY 1") == [(n,) for n in range(number + 1)]
        warehouse.close()
        warehouse.close()
        with pytest.raises(Unavailable, match="not open"):
            warehouse.query("SELECT 1")


def test_a_directory_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    """If another process has the directory, the error names it and says what to do."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_OPEN, str(tmp_path / "shared")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin:
        assert process.stdout.readline() == b"open\n"
        with pytest.raises(Unavailable, match="another process may be using it") as caught:
            ChdbWarehouse(tmp_path / "shared").open()
        assert (caught.value.value, caught.value.exit_status) == (str(tmp_path / "shared"), 3)
        process.stdin.close()
        process.wait(timeout=20)


def test_a_value_of_the_wrong_type_is_not_a_broken_segment(warehouse: ChdbWarehouse) -> None:
    """An error of a query is never taken for that of a segment, which would be set aside."""
    with pytest.raises(Unavailable):
        warehouse.query("SELECT toUInt8({text:String})", {"text": "x"})


@given(st.lists(st.text(), max_size=4))
def test_an_array_is_written_with_its_quotes_escaped(texts: list[str]) -> None:
    """However many quotes its elements hold, an array literal has one opening and one closing per element."""
    plain = literal(texts).replace("\\\\", "").replace("\\'", "")
    assert plain.count("'") == 2 * len(texts)


def test_settings_are_quoted() -> None:
    """A setting's text cannot end its own quotes."""
    assert settings_clause({"a": 1, "b": "it's"}) == " SETTINGS a = 1, b = 'it\\'s'"
