"""The embedded warehouse: many threads, failed queries, other processes, closing and opening again."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.otlp_builders import of_service, segment, span, traces

from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import SegmentRefused
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.embedded import READERS, ChdbWarehouse
from holdfast.telemetry.warehouse.engine_errors import translated
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.sql_text import literal, settings_clause

HOLD_OPEN = """
import sys
from pathlib import Path
from typing import Any
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
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


def test_columns_are_the_rows_turned(warehouse: ChdbWarehouse) -> None:
    """Numbers, texts, lists (of one length, of several, empty) and missing values come as in the rows."""
    sql = (
        "SELECT number AS n, number / 3 AS share, toString(number) AS name, [number, 7] AS pairs, "
        "range(number % 4) AS lists, if(number % 2, number, NULL) AS odd FROM numbers({n:UInt32})"
    )
    for count in (0, 1, 5, 100_000):
        found = warehouse.columns(sql, {"n": count})
        turned = zip(*(found[name] for name in found), strict=True)
        assert [tuple(map(_plain, row)) for row in turned] == warehouse.query(sql, {"n": count})
    assert found["n"].dtype == "uint64"


def _plain(value: Any) -> object:
    return value.tolist() if hasattr(value, "tolist") else value


def test_answers_spare_the_import_of_pandas(tmp_path: Path) -> None:
    """Reading columns does not import pandas, which would hold up the first evaluation of every start."""
    script = (
        "import sys; from pathlib import Path; "
        "from holdfast.telemetry.warehouse.embedded import ChdbWarehouse; "
        "one = ChdbWarehouse(Path(sys.argv[1])); one.open(); "
        "assert one.columns('SELECT 1 AS n, [2] AS l')['n'].tolist() == [1]; "
        "none = one.columns('SELECT toUInt64(1) AS n, [2] AS l, 1 = 1 AS t LIMIT 0'); "
        "found = [(len(one), str(one.dtype)) for one in none.values()]; "
        "assert found == [(0, 'uint64'), (0, 'object'), (0, 'uint8')]; "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "w")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False"]


def test_waiting_for_a_free_connection_has_an_end(warehouse: ChdbWarehouse) -> None:
    """When all connections are busy a query gives up in its time and says so."""
    slow = "SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"
    with ThreadPoolExecutor(READERS) as threads:
        busy = [threads.submit(warehouse.query, slow, timeout_seconds=3) for _ in range(READERS)]
        with pytest.raises(Unavailable, match=r"busy|cancelled"):
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
        with pytest.raises(Unavailable, match="is in use by another process") as caught:
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


@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ("Code: 36. DB::Exception: Invalid protobuf data at 7: while reading", SegmentRefused),
        ("Code: 36. DB::Exception: Argument of the wrong kind", Unavailable),
        ("Code: 33. DB::Exception: Cannot read all data", SegmentRefused),
    ],
)
def test_only_errors_about_bytes_refuse_a_segment(message: str, meaning: type[Exception]) -> None:
    """A wrong statement keeps segments waiting; only what says that the bytes are broken refuses one."""
    assert type(translated(message, of_segment=True)) is meaning
    assert type(translated(message, of_segment=False)) is Unavailable


def test_statements_yield_to_readings(warehouse: ChdbWarehouse) -> None:
    """Writing statements run at a lower priority than people's queries."""
    nice = "getSetting('os_threads_nice_value_query')"
    warehouse.command(f"CREATE TABLE nice ENGINE = Memory AS SELECT {nice} AS value")
    assert warehouse.query("SELECT value FROM nice") == [(10,)]
    assert warehouse.query(f"SELECT {nice}") == [(0,)]


def test_a_mutation_that_a_full_disk_left_empty_stops_no_start(
    tmp_path: Path, layout: Layout, migrated_directory: Path
) -> None:
    """An empty mutation file, as a full disk and then a kill leave, is dropped; the warehouse opens."""
    shutil.copytree(migrated_directory, tmp_path / "warehouse", symlinks=True)
    (written,) = (tmp_path / "warehouse").glob("store/*/*/otel_traces.sql")
    identity = re.findall(r"UUID '([0-9a-f-]{36})'", written.read_text())[0]
    empty = tmp_path / "warehouse" / "store" / identity[:3] / identity / "mutation_7.txt"
    empty.touch()
    warehouse = ChdbWarehouse(tmp_path / "warehouse", database=layout.database)
    warehouse.open()
    try:
        assert warehouse.query("SELECT count() FROM otel_traces") == [(0,)]
        assert not empty.exists()
    finally:
        warehouse.close()
