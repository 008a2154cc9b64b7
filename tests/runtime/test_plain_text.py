"""Text from elsewhere on a terminal: shown, never obeyed, whichever way it is printed."""

import json
import logging
import unicodedata

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from holdfast.app.logs import UtcFormatter
from holdfast.runtime.client import Client
from holdfast.runtime.columns import Column
from holdfast.runtime.output import Output, emit, emit_event, print_lines, say
from holdfast.runtime.plain_text import SHOWN_AS, escaped, harmless, harmless_line
from holdfast.telemetry.metrics import cli as metric_cli

HOSTILE = (
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x9b31m",
    "\x90payload\x9c",
    "\r overwritten",
    "\x08\x08",
    "\x7f",
    "\u202eesrever",
    "\u2066isolated\u2069",
    "\u2028line",
    "\ufeff",
    "\U000e0041",
    "\x85next",
    "\ud800",
)
hostile = st.one_of(
    st.sampled_from(HOSTILE), st.text(), st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
)
printing = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def steers(text: str) -> list[str]:
    """Return the signs in `text` that a terminal may obey: an independent list of categories."""
    joiners = "\u200c\u200d"
    return [
        sign
        for sign in text
        if sign != "\n"
        and sign not in joiners
        and unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    ]


@given(st.lists(hostile).map("".join))
def test_nothing_that_steers_is_left(text: str) -> None:
    """No control, format, private or half sign comes out; all others come out as they went in."""
    shown = harmless(text)
    assert steers(shown) == []
    kept = [sign for sign in text if not steers(sign) and sign != "\n"]
    assert [sign for sign in shown if sign not in (SHOWN_AS, "\n", " ")] == [
        sign for sign in kept if sign not in (SHOWN_AS, " ")
    ]
    assert "\n" not in harmless_line(text)


@pytest.mark.parametrize(
    "text", ["日本語\u3000検索", "naïve\u00a0café", "👩\u200d🚒", "می\u200cخواهم", "a\tb", "1\r\n2"]
)
def test_what_people_write_stays_readable(text: str) -> None:
    """Wide blanks, joined signs, tabs and the line ends of Windows are nothing to be afraid of."""
    assert SHOWN_AS not in harmless(text)


@printing
@given(value=hostile)
def test_every_way_to_print_is_harmless(capsys: pytest.CaptureFixture[str], value: str) -> None:
    """Tables, objects, events, lines and words show what steers, and obey nothing of it."""
    emit([{"name": value, value: 1}], columns=("name", Column("name", title=value)))
    emit({"name": value, value: value})
    emit_event({}, text=value)
    print_lines([value])
    say(value)
    captured = capsys.readouterr()
    assert steers(captured.out) == []
    assert steers(captured.err) == []


@printing
@given(value=hostile)
@pytest.mark.parametrize("output", [Output.JSON, Output.YAML])
def test_machines_read_exactly_what_was_sent(
    capsys: pytest.CaptureFixture[str], output: Output, value: str
) -> None:
    """JSON and YAML are harmless on a terminal, and hold each text as it was."""
    data = {"name": value, "more": [value, {value: None}]}
    emit(data, output=output)
    written = capsys.readouterr().out
    assert steers(written) == []
    if output is Output.JSON:
        assert json.loads(written) == data
    elif not steers(value) or value.encode("utf-8", "ignore").decode() == value:
        assert yaml.safe_load(written) == data


@given(hostile)
def test_escapes_in_json_mean_the_sign_itself(text: str) -> None:
    """An escaped text is the same text to whoever reads it."""
    assert json.loads(escaped(json.dumps(text, ensure_ascii=False))) == text


@given(hostile)
def test_a_line_of_the_servers_log_is_harmless_and_one(text: str) -> None:
    """What a workload sent neither steers the terminal of who reads the log nor begins a line of its own."""
    record = logging.LogRecord("holdfast.x", logging.WARNING, "", 0, "refused %s", (text,), None)
    line = UtcFormatter("%(asctime)s %(levelname)s %(message)s").format(record)
    assert steers(line) == []
    assert all(further.startswith("    ") for further in line.split("\n")[1:])


def test_a_token_in_a_log_line_is_not_shown() -> None:
    """A token that got into an error's words is taken out of the log."""
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s", (f"hf_admin_{'0a' * 24}",), None)
    assert "0a0a" not in UtcFormatter("%(message)s").format(record)


def test_a_metrics_unit_does_not_reach_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """`metric plot` shows escape sequences in names, units, labels and answers instead of obeying them."""
    odd = "".join(HOSTILE[:-1])
    line = {
        "values": [1.0, 2.0],
        "label": odd,
        "labels": {odd: odd},
        "series": 1,
        "is_rest": False,
        "latest": 2.0,
        "overall": 1.0,
        "rough": None,
        "rough_steps": [],
    }
    found = {
        "fn": "rate", "name": odd, "unit": odd, "step_seconds": 10, "times_epoch": [0, 10], "lines": [line],
        "is_stale": True, "last_seen": odd, "others": [{"series": 2, "kind": odd, "unit": odd}],
        "split_by": [],
    }  # fmt: skip
    monkeypatch.setattr(Client, "get", lambda *_arguments, **_options: found)
    done = CliRunner().invoke(metric_cli.app, ["plot", "x"])
    assert done.exit_code == 0
    assert steers(done.output) == []
    assert "red" in done.output
