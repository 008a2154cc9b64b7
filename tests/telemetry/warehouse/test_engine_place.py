"""Where the embedded engine writes, and what it says when it cannot start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.telemetry.otlp_builders import of_service, segment, span, traces

from holdfast.runtime.clock import SystemClock
from holdfast.runtime.errors import Unavailable
from holdfast.telemetry.errors import WarehouseDamaged
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse import engine_place
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
from holdfast.telemetry.warehouse.engine_place import working_in
from holdfast.telemetry.warehouse.loading import loader

INSERT = """
import sys
from pathlib import Path
from holdfast.telemetry.migrations import migrate
from holdfast.telemetry.model import Signal
from holdfast.telemetry.warehouse.layout import Layout
from holdfast.telemetry.warehouse.embedded import ChdbWarehouse
warehouse = ChdbWarehouse(Path(sys.argv[1]))
warehouse.open()
migrate(warehouse, Layout())
warehouse.insert_segment(Signal.TRACES, Path(sys.argv[2]), "token")
print(warehouse.query("SELECT count() FROM otel_traces")[0][0])
warehouse.close()
"""


def test_inserts_need_no_working_directory(tmp_path: Path) -> None:
    """A segment is stored by a process whose working directory takes no files."""
    path = segment(tmp_path, traces(of_service("cart", [span(at=SystemClock().now().timestamp())])))
    done = subprocess.run(
        [sys.executable, "-c", INSERT, str(tmp_path / "warehouse"), str(path)],
        cwd="/proc",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr[-2000:]


def test_the_working_directory_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the block the working directory is that of before, even one removed since."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    before = os.stat(".").st_ino
    with working_in(tmp_path / "w"):
        assert Path.cwd() == tmp_path / "w"
    assert os.stat(".").st_ino == before


@pytest.mark.parametrize(
    ("damaged", "named"),
    [("metadata/holdfast.sql", "metadata/holdfast.sql"), ("store/*/*/otel_logs.sql", "otel_logs.sql")],
)
def test_damaged_metadata_is_called_damage(
    tmp_path: Path, warehouse: ChdbWarehouse, damaged: str, named: str
) -> None:
    """A metadata file with flipped bytes is named, with what to do, and no other process is blamed."""
    warehouse.close()
    for path in (tmp_path / "warehouse").glob(damaged):
        path.write_bytes(b"\x00\xff\x00 garbage")
    with pytest.raises(WarehouseDamaged, match=named) as caught:
        ChdbWarehouse(tmp_path / "warehouse").open()
    assert "another process" not in caught.value.detail
    assert "holdfast restore" in caught.value.detail


def test_a_file_in_place_of_the_directory_is_named(tmp_path: Path) -> None:
    """A warehouse directory that is a file is said to be unusable, with its name."""
    (tmp_path / "w").write_text("")
    with pytest.raises(Unavailable, match=f"{tmp_path}/w cannot be used"):
        ChdbWarehouse(tmp_path / "w").open()


@pytest.mark.parametrize("left_share", [0, 0.5, 0.9])
def test_a_schema_written_to_a_full_disk_is_written_again(
    tmp_path: Path, warehouse: ChdbWarehouse, left_share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the engine's copy of a schema is cut short, inserts wait once and succeed; no segment is refused."""
    monkeypatch.setattr(loader, "SMALL_BYTES", 0)  # a small segment is stored without a schema
    path = segment(tmp_path, traces(of_service("cart", [span()])))
    warehouse.insert_segment(Signal.TRACES, path, "before")
    warehouse.command("SYSTEM DROP FORMAT SCHEMA CACHE FOR Protobuf")
    for copy in (engine_place._chosen[0] / "__cache__").glob("*.proto"):
        os.truncate(copy, int(copy.stat().st_size * left_share))
    with pytest.raises(Unavailable):
        warehouse.insert_segment(Signal.TRACES, path, "after")
    warehouse.insert_segment(Signal.TRACES, path, "after")
    assert warehouse.query("SELECT count() FROM otel_traces") == [(2,)]
