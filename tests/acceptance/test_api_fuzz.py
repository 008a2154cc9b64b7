"""Every route under every role, with requests made of the API's own description, sound and unsound.

Against a real server with an embedded warehouse that holds something of everything: no 5xx, no hang, no
answer that the description does not know, and memory that does not grow.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.acceptance.server_process import ServerProcess
from tests.lints.source import ROOT
from tests.rounds import Rounds
from tests.telemetry.bodies import REQUESTS_OF, now_nanoseconds

from holdfast.runtime.access import Role
from holdfast.runtime.clock import SystemClock
from holdfast.telemetry.model import Signal

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "25"))
"""Requests of each kind, sound and unsound, to each route under each role that may use it."""
REFUSED_EXAMPLES = 3
ANSWER_SECONDS = 20.0
GROWTH_BYTES = 256 << 20
DESCRIPTION = json.loads((ROOT / "web/openapi.json").read_text())
TAIL = "/api/v1/logs/tail"
ROLES = (None, Role.VIEWER, Role.RESPONDER, Role.EDITOR, Role.ADMIN)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass
class Api:
    """A running server, a token for every role, and what was asked so far."""

    server: ServerProcess
    tokens: dict[Role | None, str]
    statuses: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    faults: dict[str, str] = field(default_factory=dict)
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.server.page_port}"

    @property
    def resident_bytes(self) -> int:
        """How much memory the server takes now."""
        pid = int((self.server.data / "server.lock").read_text())
        return int(psutil.Process(pid).memory_info().rss)

    def ask(self, case: Any, role: Role | None) -> None:
        """Send one request and note what is wrong with the answer."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role is not None else {}
        clock = SystemClock()
        before = clock.monotonic_seconds()
        place = f"{case.operation.label} as {role or 'nobody'}"
        # A tail does not end: its head is an answer of its own.
        more = {"stream": True} if case.operation.path == TAIL else {}
        self.session.cookies.clear()
        try:
            response = case.call(
                base_url=self.url, session=self.session, headers=headers, timeout=ANSWER_SECONDS, **more
            )
        except requests.Timeout:
            self.faults.setdefault(f"{place}: hangs", case.as_curl_command())
            return
        self.slowest_seconds = max(self.slowest_seconds, clock.monotonic_seconds() - before)
        self.statuses[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except schemathesis.core.failures.FailureGroup as failures:
            for one in failures.exceptions:
                self.faults.setdefault(f"{place}: {response.status_code} {one.title}", str(failures)[:3000])


def tail(api: Api, case: Any, role: Role | None) -> None:
    """Ask for a tail and read only how it begins."""
    headers = {"Authorization": f"Bearer {api.tokens[role]}"} if role is not None else {}
    sent = case.as_transport_kwargs(base_url=api.url, headers=headers)
    with requests.request(**sent, stream=True, timeout=ANSWER_SECONDS) as response:
        api.statuses[response.status_code] += 1
        known = DESCRIPTION["paths"][TAIL]["get"]["responses"]
        if str(response.status_code) not in known:
            api.faults.setdefault(f"{TAIL} as {role or 'nobody'}: {response.status_code}", response.url)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that holds telemetry, the shop's catalog, and a token of each role."""
    directory = tmp_path_factory.mktemp("api")
    server = ServerProcess(directory, catalog=ROOT / "shop/reliability")
    server.start()
    try:
        send_something(server)
        server.wait_until_stored()
        yield Api(server, {role: token(server.data, role) for role in reversed(ROLES) if role is not None})
    finally:
        assert server.stop() == 0


def token(data: Path, role: Role) -> str:
    """Make a token as a person does."""
    words = ["access", "token", "create", "--role", role.value, "--name", f"fuzz-{role}"]
    command = [sys.executable, "-m", "holdfast", *words]
    done = subprocess.run([*command, "--data", data], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def send_something(server: ServerProcess) -> None:
    """Send spans, lines and points of now."""
    for signal in Signal:
        body = REQUESTS_OF[signal](now_nanoseconds(), *range(50)).SerializeToString()
        url = f"http://127.0.0.1:{server.http_port}/v1/{signal.value}"
        headers = {"content-type": "application/x-protobuf"}
        assert httpx.post(url, content=body, headers=headers, timeout=20).status_code == 200


def operations() -> list[Any]:
    """Return every operation of the description."""
    schema = schemathesis.openapi.from_dict(DESCRIPTION)
    return [found.ok() for found in schema.get_all_operations()]


def test_every_operation_can_be_drawn() -> None:
    """The description is one that requests can be made of, for every route in it."""
    described = sum(len(methods) for methods in DESCRIPTION["paths"].values())
    assert len(operations()) == described > 30


@pytest.mark.prove
def test_every_route_and_role(api: Api, rounds: Rounds) -> None:
    """Whatever is asked by whomever, it is answered in time, as described, and never by a 5xx of ours."""
    sizes: list[int] = []

    def as_role(role: Role | None) -> None:
        for operation in operations():
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                ask_many(api, operation, mode, role, rounds.base_seed)
        sizes.append(api.resident_bytes)
        rounds.say(
            f"{role or 'nobody'}: {len(operations())} routes, {api.statuses.total()} requests so far, "
            f"slowest {api.slowest_seconds:.2f} s, {sizes[-1] >> 20} MiB, {dict(api.statuses)}"
        )
        shown = "\n\n".join(f"{place}\n{how}" for place, how in list(api.faults.items())[:40])
        assert not api.faults, f"{len(api.faults)} faults\n{shown}"
        assert httpx.get(f"{api.url}/readyz", timeout=5).status_code == 200
        # The first two fill what is kept for good.
        assert max(sizes[2:], default=0) - sizes[min(1, len(sizes) - 1)] < GROWTH_BYTES, sizes

    rounds.over("api", ROLES, as_role)


def ask_many(api: Api, operation: Any, mode: GenerationMode, role: Role | None, base_seed: int) -> None:
    """Draw requests of one kind and send them."""

    @seed(base_seed)
    @settings(
        max_examples=EXAMPLES if role is not None else REFUSED_EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def draw(case: Any) -> None:
        if operation.path == TAIL:
            tail(api, case, role)
        else:
            api.ask(case, role)

    with suppress(Unsatisfiable):  # a route without parameters cannot be asked wrongly
        draw()
