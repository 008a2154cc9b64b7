"""The address of a ClickHouse server, and the client for it.

`clickhouse://[user[:password]@]host[:port][/database][?secure=true][&cluster=name]`, or `clickhouses://` for
TLS. The defaults are ClickHouse's: user `default`, port 8123, or 8443 with TLS. The database is `holdfast`.
"""

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import clickhouse_connect
from clickhouse_connect.driver.exceptions import Error

_UNKNOWN_DATABASE = 81
DATABASE = "holdfast"


def connect(url: str) -> Any:
    """Return a client of the server at `url`, in its database, which is created if missing.

    Raises:
        Error: the client library's own; the server does not answer or refuses.
    """
    database = unquote(urlsplit(url).path.strip("/")) or DATABASE
    try:
        return _client(url, database)
    except Error as error:
        if error.code != _UNKNOWN_DATABASE:
            raise
    # The server may be empty: a client cannot connect to a database before it exists.
    client = _client(url, None)
    client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", {"name": database})
    client.close()
    return _client(url, database)


def _client(url: str, database: str | None) -> Any:
    parts = urlsplit(url)
    is_secure = parts.scheme == "clickhouses" or parse_qs(parts.query).get("secure") == ["true"]
    return clickhouse_connect.get_client(
        interface="https" if is_secure else "http",
        host=parts.hostname,
        port=parts.port or (8443 if is_secure else 8123),
        username=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        database=database,
        autogenerate_session_id=False,
    )


def without_password(url: str) -> str:
    """Return an address without its password, fit to be shown."""
    return re.sub(r"//.*@", "//…@", url)
