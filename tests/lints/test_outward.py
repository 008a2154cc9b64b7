"""The server opens connections to the state database and the warehouse, and to nothing an input named.

Why: an address taken from telemetry, a document or a request makes the server ask in somebody else's name,
from inside the network, and follow where it is sent.
"""

import ast

from tests.lints.source import PRODUCT, sources

OPENS = {
    "httpx": {"runtime/client.py", "app/demo.py", "app/demo_processes.py"},
    "clickhouse_connect": {"telemetry/clickhouse_address.py", "telemetry/warehouse_clickhouse.py"},
    "requests": set(),
    "urllib3": set(),
    "aiohttp": set(),
    "urllib.request": set(),
    "http.client": set(),
    "smtplib": set(),
    "ftplib": set(),
}
"""Libraries that connect, and the files that may: the commands' own client, the demo, the warehouse."""
CALLS = {
    "create_connection": set(),
    "insecure_channel": set(),
    "secure_channel": set(),
    "create_engine": {"runtime/database.py"},
}


def test_only_the_known_places_open_connections() -> None:
    """No other file imports what connects, or calls it."""
    found = []
    for source in sources():
        if not source.path.startswith(PRODUCT):
            continue
        place = source.path.removeprefix(f"{PRODUCT}/")
        for node in ast.walk(source.tree):
            for name in _connects(node):
                if place not in {**OPENS, **CALLS}[name]:
                    found.append(f"{source.at(node)} {name}")
    assert found == []


def test_no_call_follows_redirects() -> None:
    """The client of the commands is sent nowhere else with its token: nothing switches redirects on."""
    switched_on = [
        source.at(node)
        for source in sources()
        if source.path.startswith(PRODUCT)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword) and node.arg in ("follow_redirects", "allow_redirects")
    ]
    assert switched_on == []


def _connects(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        return [known for known in OPENS for name in names if name == known or name.startswith(f"{known}.")]
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        return [name] if name in CALLS else []
    return []
