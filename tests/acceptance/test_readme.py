"""README commands run as written, and what the README says about them is true.

Every command of the README has a check here: a new one fails until somebody writes down what it should do.
`make demo` alone is only looked at: the demo's own tests start and stop it, the shop's the shop.
"""

import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from tests.acceptance.tour import CLOCK, PATIENCE_SECONDS, Tour, touring, until
from tests.app.written import commands_of
from tests.lints.source import ROOT

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
HOLDFAST = ".venv/bin/holdfast"
FREE_PORTS = {"HOLDFAST_PORT": "0", "HOLDFAST_OTLP_GRPC_PORT": "0", "HOLDFAST_OTLP_HTTP_PORT": "0"}
Check = Callable[[Tour, str], None]


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """The machine of a reader who has reached the middle of the tour."""
    with touring(tmp_path_factory.mktemp("tour")) as machine:
        yield machine


def said(tour: Tour, command: str) -> str:
    """Run a command that has to be fine; return what it printed, data first, then words."""
    done = tour.run(command)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def is_a_target(tour: Tour, command: str) -> None:
    """`make` knows the target, and `make help` tells of it."""
    target = command.split()[1]
    assert re.search(rf"^{target}:.*## ", MAKEFILE, flags=re.MULTILINE)
    assert f"make {target} " in subprocess.check_output(["make", "help"], cwd=ROOT, text=True)


def starts_the_demo(tour: Tour, command: str) -> None:
    """The target does no more than `holdfast demo`, which the demo's own tests start and stop."""
    is_a_target(tour, command)
    assert re.search(
        r"^demo: setup ##.*7070.*\n\t@exec \$\(BIN\)/holdfast demo$", MAKEFILE, flags=re.MULTILINE
    )


def lists_what_can_be_broken(tour: Tour, command: str) -> None:
    """The fault the tour breaks next is listed, with what it does."""
    assert re.search(r"^payment-slow .*the order is lost", said(tour, command), flags=re.MULTILINE)


def breaks_payment(tour: Tour, command: str) -> None:
    """The provider answers too late, orders fail, and the reader is told where to look."""
    words = said(tour, command)
    assert "the order is lost" in words
    assert "orders-succeed" in words
    assert tour.control("GET", "/status")["broken"] == ["payment-slow"]


def fixes(tour: Tour, command: str) -> None:
    """What was broken is named and works again."""
    tour.control("POST", "/faults/payment-slow")
    assert "payment-slow" in said(tour, command)
    assert tour.control("GET", "/status")["broken"] == []


def lists_one_incident(tour: Tour, command: str) -> None:
    """One incident, of the objective that burns."""
    rows = said(tour, command).splitlines()[1:]
    assert [re.split(r"\s{2,}", row.strip())[0] for row in rows] == ["1"]
    assert "orders-succeed" in rows[0]


def shows_the_incident(tour: Tour, command: str) -> None:
    """Which objective, since when, how fast, how many orders, which operation most, and which traces."""
    text = said(tour, command)
    lost = tour.get("/incidents/1")["bad_events"]
    assert lost >= 50
    for shown in (
        r"^title +Orders failing",
        r"^fails at +payment",
        r"^onset at +\d{4}-\d\d-\d\d ",
        rf"^orders-succeed +\d{{4}}-\d\d-\d\d .* {lost} +\d+ +orders",
        rf"^payment +POST /charges .* {lost} +100%",
        rf"^{0:032x} .*checkout → payment",
    ):
        assert re.search(shown, text, flags=re.MULTILINE), shown


def acknowledges(tour: Tour, command: str) -> None:
    """The incident is the reader's."""
    assert "acknowledged" in said(tour, command)
    assert tour.get("/incidents/1")["acknowledged_by"] == "local"


def explains_the_page(tour: Tour, command: str) -> None:
    """Why this policy, whom each step asked or passed over, and who acknowledged."""
    text = said(tour, command)
    assert "Page 1 begins by policy/payments: the team owns the service" in text
    assert "Step 1 passed over payments-primary: has no verified contact" in text
    assert "Page 1 acknowledged by local" in text


def finds_no_error(tour: Tour, command: str) -> None:
    """The shop's catalog is as good as the README's example needs."""
    assert " 0 errors" in said(tour, command)


def plans_nothing_new(tour: Tour, command: str) -> None:
    """The server has taken the directory over already, so there is nothing left to add, change or remove."""
    assert "0 added, 0 changed, 0 removed" in said(tour, command)


def follows_a_changed_target(tour: Tour, command: str) -> None:
    """A target changed by one digit and saved is in force, with its budget, for the whole window."""
    before = tour.get("/objectives/orders-succeed")
    assert before["state"] in ("burning", "exhausted"), "the README says it turns ■"
    file = tour.checkout / "shop/reliability/checkout.yaml"
    file.write_text(file.read_text().replace("target: 0.999\n", "target: 0.998\n", 1))
    until(lambda: tour.get("/objectives/orders-succeed")["target"] == 0.998)
    after = tour.get("/objectives/orders-succeed")
    assert after["total"] >= before["total"] > 0
    assert after["budget"]["allowed"] == pytest.approx(after["total"] * 0.002)
    assert re.search(r"^orders-succeed .* 99\.8% ", said(tour, command), flags=re.MULTILINE)


def serves(tour: Tour, command: str) -> None:
    """It starts, takes what any SDK sends, shows its service, and ends with Ctrl-C."""
    where = {**tour.environment, **FREE_PORTS, "HOLDFAST_DATA": str(tour.checkout / "data")}
    process = subprocess.Popen(
        f"exec {command}", shell=True, cwd=tour.checkout, env=where, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        welcome = "".join(iter(process.stderr.readline, "Ctrl-C stops it.\n"))
        page, otlp = (
            re.findall(rf"{what} +(http://\S+)", welcome)[0] for what in ("page and API", "over HTTP")
        )
        send_a_span(otlp)
        until(lambda: "my-service" in httpx.get(f"{page}/api/v1/services").text)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def send_a_span(otlp: str) -> None:
    """Send what an OpenTelemetry SDK of `my-service` sends after its first request."""
    now = str(int(CLOCK.now().timestamp() * 1e9))
    span = {"name": "GET /", "kind": 2, "traceId": "a" * 32, "spanId": "b" * 16}
    scope = {"spans": [span | {"startTimeUnixNano": now, "endTimeUnixNano": now}]}
    name = {"key": "service.name", "value": {"stringValue": "my-service"}}
    body = {"resourceSpans": [{"resource": {"attributes": [name]}, "scopeSpans": [scope]}]}
    assert httpx.post(f"{otlp}/v1/traces", json=body).is_success


def begins_another(tour: Tour, command: str) -> None:
    """Spoken of without options; the command that has them is checked."""
    assert any(other.endswith(f"{command} --catalog shop/reliability") for other in CHECKS)


def examines(tour: Tour, command: str) -> None:
    """Everything the README names is checked, and there is a column for what to do."""
    text = said(tour, command)
    assert "WHAT TO DO" in text.splitlines()[0]
    for check in ("ports", "disk", "clock", "state", "warehouse", "intake"):
        assert re.search(rf"^(fine|look) +{check} ", text, flags=re.MULTILINE), check


CHECKS: Mapping[str, Check] = {
    "make demo": starts_the_demo,
    "make test": is_a_target,
    "make setup": is_a_target,
    "make help": is_a_target,
    f"{HOLDFAST} demo ls": lists_what_can_be_broken,
    f"{HOLDFAST} demo break payment-slow": breaks_payment,
    f"{HOLDFAST} incident ls": lists_one_incident,
    f"{HOLDFAST} incident show 1": shows_the_incident,
    f"{HOLDFAST} incident ack 1": acknowledges,
    f"{HOLDFAST} page explain 1": explains_the_page,
    f"{HOLDFAST} demo mend": fixes,
    f"{HOLDFAST} catalog lint shop/reliability": finds_no_error,
    f"{HOLDFAST} catalog plan shop/reliability": plans_nothing_new,
    f"{HOLDFAST} objective ls": follows_a_changed_target,
    f"{HOLDFAST} serve --catalog shop/reliability": serves,
    "holdfast serve": begins_another,
    f"{HOLDFAST} doctor": examines,
}


def test_every_command_of_the_readme_is_checked() -> None:
    """A command nobody checks, and a check of a command that is gone, both fail."""
    assert set(commands_of(README)) == set(CHECKS)


@pytest.mark.parametrize("command", CHECKS)
def test_a_command_does_what_the_readme_says(tour: Tour, command: str) -> None:
    """Run as written, a command is fine, and what the README says of it is so."""
    check = CHECKS[command]
    check(tour, command)
