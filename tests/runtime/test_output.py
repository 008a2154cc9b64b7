"""What commands print: data on stdout in three forms, words on stderr."""

import json

import pytest
import yaml
from tests.commands import in_zone

from holdfast.runtime.columns import Column, cell
from holdfast.runtime.output import Output, emit, say

ROWS = [
    {"name": "orders-succeed", "budget": {"remaining": -3}, "attained": None, "tags": ["a", "b"]},
    {"name": "x" * 300, "budget": {"remaining": 1200}, "attained": 0.99912345678, "tags": []},
]
COLUMNS = (
    Column("name"),
    Column("budget.remaining", "left", is_number=True),
    Column("attained", shown=lambda value: "no data" if value is None else f"{value:.2%}"),
    Column("tags"),
)


@pytest.mark.parametrize("output", [Output.JSON, Output.YAML])
def test_machines_get_everything(capsys: pytest.CaptureFixture[str], output: Output) -> None:
    """JSON and YAML hold all fields, untrimmed, whatever columns a table would show."""
    emit(ROWS, columns=COLUMNS, output=output)
    read = json.loads if output is Output.JSON else yaml.safe_load
    assert read(capsys.readouterr().out) == ROWS


def test_a_row_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message with line breaks and what is set in behind them does not break the table."""
    emit([{"message": "Traceback:\n  File x\r\n\r\nboom"}, {"message": "ok"}], columns=(Column("message"),))
    rows = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == ["Traceback: File x boom", "ok"]


def test_a_table_into_a_pipe_is_as_wide_as_its_content(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is folded or cut where there is no terminal, so that grep finds whole lines."""
    monkeypatch.delenv("COLUMNS", raising=False)
    emit(ROWS, columns=COLUMNS)
    out = capsys.readouterr().out
    assert "x" * 300 in out
    assert out.splitlines()[0].split() == ["NAME", "LEFT", "ATTAINED", "TAGS"]
    assert out.splitlines()[1].split() == ["orders-succeed", "-3", "no", "data", "a,", "b"]


def test_a_table_fits_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a narrow terminal cells are folded, and no sign is lost."""
    monkeypatch.setenv("COLUMNS", "60")
    emit(ROWS, columns=COLUMNS)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    assert out.count("x") == 300


def test_no_colour_and_no_control_signs_reach_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that a workload chose cannot steer a terminal, and markup in it means nothing."""
    emit([{"name": "\x1b[31mred\x07 [bold]b[/bold]"}], columns=("name",))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[bold]b[/bold]" in out


def test_one_object_is_a_list_of_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """A single thing is printed one field per line."""
    emit({"name": "a", "flag": True, "nothing": None})
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["name", "a"],
        ["flag", "yes"],
        ["nothing", "–"],
    ]


def test_words_never_mix_with_data(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said to the person goes to stderr alone."""
    say("two objectives burn")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "two objectives burn\n")


def test_an_instant_is_shown_where_the_reader_is() -> None:
    """Tables say the reader's time with its zone; what only resembles an instant is left alone."""
    with in_zone("Asia/Kolkata"):
        assert cell("2026-03-01T12:00:00.250Z") == "2026-03-01 17:30:00 IST"
        assert cell("at 2026-03-01T12:00:00Z") == "at 2026-03-01T12:00:00Z"
    with in_zone("UTC"):
        assert cell("2026-03-01T12:00:00Z") == "2026-03-01 12:00:00 UTC"
