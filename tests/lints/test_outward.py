"""The server opens connections to the state database and the warehouse, and to nothing an input named.

Why: an address taken from telemetry, a document or a request makes the server ask in somebody else's name,
from inside the network, and follow where it is sent.
"""

import ast

import pytest
from tests.lints.source import PRODUCT, Source, sources

OPENS = {
    "httpx": {
        *("runtime/client.py", "app/demo.py", "app/demo_processes.py", "app/demo_inbox.py"),
        "oncall/channels/webhook.py",
    },
    "clickhouse_connect": {"telemetry/warehouse/remote_address.py", "telemetry/warehouse/remote.py"},
    "requests": set(),
    "urllib3": set(),
    "aiohttp": set(),
    "urllib.request": set(),
    "http.client": set(),
    "smtplib": {"oncall/channels/mail.py"},
    "ftplib": set(),
}
"""Libraries that connect, and the files that may: the commands' client, the demo, the warehouse, channels.

Mail goes to the server in the settings; a webhook's address is checked before each call (`outgoing`).
"""
CALLS = {
    "create_connection": set(),
    "insecure_channel": set(),
    "secure_channel": set(),
    "create_engine": {"runtime/database.py"},
}


def test_only_the_known_places_open_connections() -> None:
    """No other file imports what connects, or calls it."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    assert [stray for source in product for stray in strays(source)] == []


def test_no_call_follows_redirects() -> None:
    """The client of the commands is sent nowhere else with its token: nothing switches redirects on."""
    product = [source for source in sources() if source.path.startswith(PRODUCT)]
    assert [stray for source in product for stray in redirected(source)] == []


@pytest.mark.parametrize(
    ("place", "line", "count"),
    [
        ("incidents/service.py", "import httpx", 1),
        ("incidents/service.py", "from urllib.request import urlopen", 1),
        ("incidents/service.py", "import http.client", 1),
        ("incidents/service.py", "socket.create_connection(address)", 1),
        ("incidents/service.py", "grpc.insecure_channel(address)", 1),
        ("runtime/client.py", "import httpx", 0),
        ("incidents/service.py", "import http", 0),
        ("incidents/service.py", "from urllib.parse import quote", 0),
    ],
)
def test_the_lint_finds_what_connects(place: str, line: str, count: int) -> None:
    """A library that connects is met however it is imported, and a call that does by its name."""
    assert len(strays(Source(f"{PRODUCT}/{place}", line, ast.parse(line)))) == count


def test_the_lint_finds_redirects_switched_on() -> None:
    """The option is met in any call."""
    for line in ("httpx.Client(follow_redirects=True)", "get(x, allow_redirects=given)"):
        assert redirected(Source(f"{PRODUCT}/runtime/client.py", line, ast.parse(line)))


def strays(source: Source) -> list[str]:
    """Return where a file connects that may not."""
    place = source.path.removeprefix(f"{PRODUCT}/")
    return [
        f"{source.at(node)} {name}"
        for node in ast.walk(source.tree)
        for name in _connects(node)
        if place not in {**OPENS, **CALLS}[name]
    ]


def redirected(source: Source) -> list[str]:
    """Return where a file switches redirects on."""
    return [
        source.at(node)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword) and node.arg in ("follow_redirects", "allow_redirects")
    ]


def _connects(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        return [known for known in OPENS for name in names if name == known or name.startswith(f"{known}.")]
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return [name] if name in CALLS else []
    return []
