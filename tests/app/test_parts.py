"""Ports, the data directory, readiness and the gate for senders."""

import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from holdfast.app import data_directory
from holdfast.app.ingest_gate import IngestGate
from holdfast.app.ports import address, holder, listen
from holdfast.app.readiness import PartState, Phase, Readiness, ReadinessPart
from holdfast.runtime.access import Access, Role
from holdfast.runtime.clock import ManualClock
from holdfast.runtime.database import Database
from holdfast.runtime.errors import Forbidden, Unauthenticated, Unavailable
from holdfast.telemetry.intake.watermark import complete_until


def test_a_taken_port_is_told_with_its_holder() -> None:
    """The sentence names the port, who holds it, and the setting to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "pid" in str(holder(port))
        with pytest.raises(
            Unavailable, match=rf"port {port} for page.*pid.*--port or HOLDFAST_PORT"
        ) as caught:
            listen("127.0.0.1", port, purpose="page", setting="port")
    assert caught.value.exit_status == 3


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.1"])
def test_an_address_that_is_not_this_machines_is_told(host: str) -> None:
    """An unknown name or a foreign address is one sentence."""
    with pytest.raises(Unavailable):
        listen(host, 0, purpose="page", setting="port")


def test_any_free_port_can_be_had() -> None:
    """Port 0 opens one that is free and tells which."""
    opened = listen("127.0.0.1", 0, purpose="page", setting="port")
    assert address(opened) == f"127.0.0.1:{opened.getsockname()[1]}"
    opened.close()


def test_a_data_directory_has_one_owner(tmp_path: Path) -> None:
    """While one server owns it a second is told who that is; afterwards it is free."""
    with data_directory.owned(tmp_path / "data") as directory:
        assert data_directory.owner(directory)
        program = (
            "import sys; from pathlib import Path; from holdfast.app import data_directory\n"
            "with data_directory.owned(Path(sys.argv[1])): pass"
        )
        other = subprocess.run(
            [sys.executable, "-c", program, str(directory)], capture_output=True, text=True, check=False
        )
        assert "in use by another Holdfast (pid" in other.stderr
    assert data_directory.owner(directory) is None
    with data_directory.owned(directory):
        pass


def test_a_data_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in its place is one sentence that says what to do."""
    (tmp_path / "data").write_text("")
    with pytest.raises(Unavailable, match="--data"), data_directory.owned(tmp_path / "data"):
        pass


def test_parts_are_asked_only_once_they_are_there() -> None:
    """While starting nobody is asked; a part that cannot answer is down, and the others are told."""

    def broken() -> ReadinessPart:
        raise RuntimeError("inside")

    def away() -> ReadinessPart:
        raise Unavailable("the database is away")

    readiness = Readiness({"a": broken, "b": away, "c": lambda: ReadinessPart("c", PartState.OK)})
    assert readiness.parts() == []
    readiness.enter(Phase.READY)
    states = {part.name: (part.state, part.detail) for part in readiness.parts()}
    assert states["b"] == (PartState.DOWN, "the database is away")
    assert states["c"][0] is PartState.OK
    assert "inside" not in states["a"][1]


def test_readiness_is_told_over_http(served) -> None:
    """503 while starting and stopping, 200 in between, and always alive."""
    told = []
    for phase in (Phase.STARTING, Phase.READY, Phase.STOPPING):
        served.readiness.enter(phase)
        answer = served.client.get("/readyz")
        told.append((answer.status_code, answer.json()["status"]))
    assert told == [(503, "starting"), (200, "ready"), (503, "stopping")]
    assert served.client.get("/healthz").json() == {"status": "ok"}


def test_the_status_is_told(served) -> None:
    """The status gathers what the parts say, also when there is nothing yet."""
    status = served.client.get("/api/v1/status").json()
    assert status["intake"]["state"] == "ok"
    counts = ("rejected", "refused", "repeated", "remarked", "turned_away")
    assert [status["intake"][name] for name in counts] == [{}, {}, {}, {}, 0]
    assert (status["open_incidents"], status["firing_alerts"], status["zones"]) == (0, 0, [])


def test_slices_are_complete_ten_seconds_after_their_end(clock: ManualClock) -> None:
    """What counts as complete ends on a slice, and leaves senders time to send."""
    at = clock.now() + timedelta(seconds=19, milliseconds=999)
    assert complete_until(at) == clock.now()
    assert complete_until(at + timedelta(milliseconds=1)) == clock.now() + timedelta(seconds=10)


@pytest.fixture
def access(database: Database, clock: ManualClock) -> Access:
    """The tokens behind the gate."""
    return Access(database, clock)


def gate(access: Access, clock: ManualClock, *, beyond: bool = False) -> IngestGate:
    """Return a gate that knows the tokens as they are now."""
    made = IngestGate(access, clock, listens_beyond_loopback=beyond)
    made.refresh()
    return made


def test_on_loopback_anybody_sends_until_an_ingest_token_exists(access: Access, clock: ManualClock) -> None:
    """A person's token changes nothing for senders; the first ingest token does."""
    assert gate(access, clock)(None) is None
    access.create_token(name="ada", role=Role.ADMIN, actor="local")
    assert gate(access, clock)(None) is None
    issued = access.create_token(name="collector", role=Role.INGEST, actor="local")
    closed = gate(access, clock)
    assert isinstance(closed(None), Unauthenticated)
    assert isinstance(closed("hf_ingest_guess"), Unauthenticated)
    assert closed(issued.secret) is None


def test_beyond_loopback_a_token_is_needed_from_the_start(access: Access, clock: ManualClock) -> None:
    """No sender on another machine gets in without a token."""
    assert isinstance(gate(access, clock, beyond=True)(None), Unauthenticated)


def test_a_persons_token_sends_no_telemetry(access: Access, clock: ManualClock) -> None:
    """An admin's token in a workload is refused, with the reason."""
    issued = access.create_token(name="ada", role=Role.ADMIN, actor="local")
    assert isinstance(gate(access, clock)(issued.secret), Forbidden)


def test_a_revoked_ingest_token_is_refused_after_the_next_look(access: Access, clock: ManualClock) -> None:
    """The gate answers from memory and follows the tokens; use is noted on the way."""
    keep = access.create_token(name="keep", role=Role.INGEST, actor="local")
    issued = access.create_token(name="collector", role=Role.INGEST, actor="local")
    watching = gate(access, clock)
    assert watching(issued.secret) is None
    assert watching(keep.secret) is None
    access.revoke_token("collector", actor="local")
    watching.refresh()
    assert isinstance(watching(issued.secret), Unauthenticated)
    used = {token.name: token.last_used_at for token in access.tokens()}
    assert used == {"keep": clock.now(), "collector": None}


def test_wrong_tokens_of_senders_are_said_once_a_minute(
    database: Database, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    """However many requests come with a wrong token, the log says how many at most once a minute."""
    access = Access(database, clock)
    access.create_token(name="collector", role=Role.INGEST, actor="root")
    gate = IngestGate(access, clock, listens_beyond_loopback=True)
    gate.refresh()
    for _ in range(100):
        assert gate("wrong") is not None
        gate.refresh()
    assert caplog.text.count("wrong token") == 1
    clock.advance(timedelta(seconds=60))
    gate.refresh()
    assert "99 requests of senders came with a wrong token" in caplog.text
