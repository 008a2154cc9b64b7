"""Settings: typed, all problems at once, unknown ones by name, secrets never shown."""

import os
from pathlib import Path

import pytest

from holdfast.runtime.errors import Invalid
from holdfast.runtime.redaction import without_secret
from holdfast.runtime.settings import Settings, described, load

SECRET = "s3cr3t-w0rd"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("HOLDFAST_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def test_nothing_has_to_be_set(tmp_path: Path) -> None:
    """The defaults are a whole server on this machine alone."""
    settings = load()
    assert (settings.host, settings.port, settings.listens_beyond_loopback) == ("127.0.0.1", 7070, False)
    assert settings.data == tmp_path / "holdfast"
    assert settings.state_url == f"sqlite:///{tmp_path}/holdfast/state.db"
    assert settings.warehouse_url == f"chdb://{tmp_path}/holdfast/warehouse"


def test_a_flag_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag goes before the variable, the variable before the default; an empty one counts as none."""
    monkeypatch.setenv("HOLDFAST_PORT", "7171")
    monkeypatch.setenv("HOLDFAST_HOST", "")
    assert load(port=None).port == 7171
    assert load(port=7272).port == 7272
    assert load().host == "127.0.0.1"


def test_an_unknown_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable is told, with what was probably meant, instead of being ignored in silence."""
    monkeypatch.setenv("HOLDFAST_RETENTION_DAY", "3")
    with pytest.raises(Invalid, match="did you mean HOLDFAST_RETENTION_DAYS"):
        load()


def test_every_problem_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong types, wrong ranges and unknown names come together, each with its name and value."""
    monkeypatch.setenv("HOLDFAST_PORTT", "1")
    monkeypatch.setenv("HOLDFAST_PORT", "many")
    with pytest.raises(Invalid) as caught:
        load(retention_days=0)
    assert [problem.path for problem in caught.value.problems] == [
        "HOLDFAST_PORTT",
        "HOLDFAST_PORT",
        "--retention-days",
    ]
    assert caught.value.problems[1].value == "many"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STATE", f"mysql://holdfast:{SECRET}@db/x"),
        ("STATE", SECRET),
        ("WAREHOUSE", f"http://holdfast:{SECRET}@db/x"),
    ],
)
def test_a_refused_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A database address that is refused is told without its password."""
    monkeypatch.setenv(f"HOLDFAST_{name}", value)
    with pytest.raises(Invalid, match="URL starting with") as caught:
        load()
    told = f"{caught.value.detail} {caught.value.problems}"
    assert SECRET not in told


def test_secrets_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing settings, as a debugger or a log would, shows no password."""
    monkeypatch.setenv("HOLDFAST_STATE", f"postgresql://holdfast:{SECRET}@db/x")
    settings = load()
    assert SECRET not in repr(settings)
    assert settings.state_url == f"postgresql+psycopg://holdfast:{SECRET}@db/x"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql+psycopg://me:{SECRET}@db/x", "postgresql+psycopg://me:***@db/x"),
        (f"clickhouse://me:{SECRET}@db:8123/x?a=b@c", "clickhouse://me:***@db:8123/x?a=b@c"),
        ("sqlite:////var/lib/state.db", "sqlite:////var/lib/state.db"),
        (f"clickhouse://me:a@{SECRET}@db/x", "clickhouse://me:***@db/x"),
        (f"postgresql+psycopg://me:a/{SECRET}@db/x", "postgresql+psycopg://me:***@db/x"),
        (f"postgresql://db/x?user=me&password={SECRET}&a=b", "postgresql://db/x?user=me&password=***&a=b"),
        (f"postgresql://db/x?sslPassword={SECRET}", "postgresql://db/x?sslPassword=***"),
    ],
)
def test_a_password_is_hidden_and_nothing_else(url: str, shown: str) -> None:
    """Only what stands between the user's name and the host is hidden."""
    assert without_secret(url) == shown


def test_hosts_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allowed hosts are written as people write lists."""
    monkeypatch.setenv("HOLDFAST_ALLOWED_HOSTS", "A.example, b.example,")
    assert load().allowed_hosts == {"a.example", "b.example"}


def test_ports_differ() -> None:
    """Two servers cannot have one port; any free port may be asked for more than once."""
    with pytest.raises(Invalid, match="must differ"):
        load(port=4317)
    assert load(port=0, otlp_grpc_port=0, otlp_http_port=0).port == 0


def test_telemetry_is_taken_where_the_page_is_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The receivers listen on the page's address, or on one of their own."""
    assert load(host="10.0.0.1").intake_host == "10.0.0.1"
    monkeypatch.setenv("HOLDFAST_OTLP_HOST", "127.0.0.1")
    assert load(host="10.0.0.1").intake_host == "127.0.0.1"
    assert load(host="10.0.0.1").listens_beyond_loopback


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_says_what_it_is(name: str) -> None:
    """Each setting has a sentence for help and reference."""
    assert described(name).rstrip().endswith(".")
