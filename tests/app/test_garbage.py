"""Thousands of connections that begin with anything: every port goes on, and the log says little of it."""

import random
import socket
import ssl
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.app.test_serve import Running
from tests.doors import authority, write_pair

EACH = 1500
"""Connections to each port."""
LINES_MOST = 30
"""Of thousands: a peer is named once a minute, and each other kind of line five times and once a minute."""
BEGINNINGS = (
    b"",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x16\x03",
    b"\x80\x2e\x01\x03\x01",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /v1/traces HTTP/1.1\r\nhost: x\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"SSH-2.0-x\r\n",
    b"\0\0\0\4",
)
RESET_AT_ONCE = struct.pack("ii", 1, 0)


def knock(port: int, seed: int) -> None:
    """Connect, say something that begins like one of the above, and go: politely, early or by a reset."""
    chance = random.Random(seed)
    said = chance.choice(BEGINNINGS)[: chance.randrange(40)] + chance.randbytes(chance.randrange(300))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(said)
            if chance.random() < 0.5:
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2)
                connection.recv(1000)
            elif chance.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        except OSError:
            pass


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_server_stays_well_under_garbage(tmp_path: Path, *, over_tls: bool) -> None:
    """After it page and OTLP answer as before, the process ends cleanly, and its log has a few lines."""
    ca = authority(tmp_path)
    files = write_pair(tmp_path, ca)
    tls = ["--tls-certificate", str(files.certificate), "--tls-key", str(files.key)] if over_tls else []
    server = Running(tmp_path / "data", "--fake", *tls)
    try:
        addresses = [server.wait_for(r"page and API\s+(\S+)")]
        ports = [int(server.wait_for(r"OTLP over gRPC \S+:(\d+)"))]
        addresses.append(server.wait_for(r"OTLP over HTTP (\S+)"))
        server.wait_for("Ctrl-C")
        ports += [int(one.rpartition(":")[2]) for one in addresses]
        with ThreadPoolExecutor(8) as pool:
            for port in ports:
                list(pool.map(lambda seed, port=port: knock(port, seed), range(EACH)))
        trust: ssl.SSLContext | bool = ca.context() if over_tls else True
        page, otlp = addresses
        assert httpx.get(f"{page}/readyz", verify=trust, timeout=10).json()["status"] == "ready"
        headers = {"content-type": "application/x-protobuf"}
        assert httpx.post(f"{otlp}/v1/traces", headers=headers, verify=trust, timeout=10).status_code == 200
    finally:
        status = server.stop()
    lines = "".join(server.said).splitlines()
    assert (status, len(lines) <= LINES_MOST) == (0, True), lines[:60]
    assert [one for one in lines if "Traceback" in one or "PRIVATE" in one] == []
    named = [one for one in lines if "peer_notices 127.0.0.1 " in one]
    assert 1 <= len(named) <= 3
