"""The settings: flags of `holdfast serve` or `HOLDFAST_*` variables; unknown ones are refused by name.

Every value is typed, every problem is reported at once, and a secret in a URL is never shown.
"""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from holdfast.runtime.errors import Invalid, Problem
from holdfast.runtime.hosts import is_loopback
from holdfast.runtime.proxies import Network, networks
from holdfast.runtime.secrets import PREFIX as SECRET_PREFIX

PREFIX = "HOLDFAST_"
OF_COMMANDS = frozenset({"HOLDFAST_URL", "HOLDFAST_TOKEN", "HOLDFAST_CA", "HOLDFAST_CONTROL_PORT"})
"""Variables that the commands read, not the server."""
_STATE_URL = r"sqlite:///.|postgresql(\+psycopg)?://."
_WAREHOUSE_URL = r"(clickhouses?|chdb)://."
MEBIBYTE = 1024 * 1024
Port = Annotated[int, Field(ge=0, le=65535)]


def default_data() -> Path:
    """The default place of state: the user's data directory, independent of the working directory."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "holdfast"


class Settings(BaseSettings):
    """The settings of one server; read once at start, never changed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True, env_ignore_empty=True
    )

    data: Path = Field(
        default_factory=default_data,
        description="Directory for state, spool and the embedded warehouse; one server at a time.",
    )
    catalog: Path | None = Field(
        default=None, description="Directory of reliability documents to load at start and on every change."
    )
    platform: str = Field(
        default="My platform",
        min_length=1,
        max_length=80,
        description="Name of the platform, shown on the page.",
    )
    host: str = Field(
        default="127.0.0.1",
        description="Address of page and API; one other than loopback requires that a token exists.",
    )
    port: Port = Field(default=7070, description="Port of page and API; 0 takes any free one.")
    otlp_host: str | None = Field(
        default=None, description="Address of both OTLP receivers; by default that of the page."
    )
    otlp_grpc_port: Port = Field(default=4317, description="Port for OTLP over gRPC; 0 takes any free one.")
    otlp_http_port: Port = Field(default=4318, description="Port for OTLP over HTTP; 0 takes any free one.")
    tls_certificate: Path | None = Field(
        default=None,
        description="Certificate chain (PEM): all three ports speak TLS only; read again when it changes.",
    )
    tls_key: Path | None = Field(
        default=None, description="Private key (PEM, without a passphrase) of the TLS certificate."
    )
    otlp_client_ca: Path | None = Field(
        default=None,
        description="CA certificates (PEM): both OTLP ports ask senders for a client certificate of theirs.",
    )
    allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Host names besides loopback that page and API accept: `a.example,b.example` or `*`.",
    )
    trusted_proxies: Annotated[frozenset[Network], NoDecode] = Field(
        default=frozenset(),
        description="Addresses of proxies whose `X-Forwarded-For` and `-Proto` count: `10.0.0.7,fd00::/8`.",
    )
    state: SecretStr | None = Field(
        default=None,
        description="State database, SQLite in the data directory or `postgresql+psycopg://USER@HOST/NAME`.",
    )
    warehouse: SecretStr | None = Field(
        default=None,
        description="Telemetry engine, chDB in the data directory or `clickhouse://USER@HOST:8123/NAME`.",
    )
    spool_limit_bytes: int = Field(
        default=4096 * MEBIBYTE,
        ge=MEBIBYTE,
        description="Bytes the spool may hold while the warehouse is unavailable; beyond, senders must wait.",
    )
    max_body_bytes: int = Field(
        default=64 * MEBIBYTE, ge=1024, description="Largest OTLP body accepted, after decompression."
    )
    retention_days: int = Field(
        default=30, ge=1, le=3650, description="Days that spans, logs and metric points are kept."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"https?://[^\s@?#]{1,300}",
        description="Address of the page for links in messages; by default host and port.",
    )
    mail_server: str | None = Field(
        default=None,
        pattern=r"smtps?://([^\s@/:]{1,100}@)?[^\s@/]{1,255}",
        description="Where mail goes: `smtp://[USER@]HOST[:PORT]`; its password is the secret `mail`.",
    )
    mail_from: str = Field(
        default="Holdfast <holdfast@localhost>",
        max_length=320,
        pattern=r"[^\r\n]+",
        description="Sender of mail.",
    )
    oncall_fallback: str | None = Field(
        default=None,
        max_length=63,
        description="EscalationPolicy, Team or User that is paged where nobody else is to be found.",
    )
    secrets: Path | None = Field(
        default=None,
        description="Directory with one file per secret; HOLDFAST_SECRET_NAME is read before it.",
    )
    allow_private: bool = Field(
        default=False, description="Whether webhooks may go to this machine and to private networks."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severe message written to the log."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return networks(part.strip() for part in value.split(",") if part.strip())
        except ValueError as error:
            raise ValueError(f"addresses or networks with commas between them, and {error}") from error

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(_STATE_URL, value.get_secret_value()):
            raise ValueError("a URL starting with sqlite:/// or postgresql+psycopg://")
        return value

    @field_validator("warehouse")
    @classmethod
    def _known_warehouse(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(_WAREHOUSE_URL, value.get_secret_value()):
            raise ValueError("a URL starting with clickhouse://, clickhouses:// or chdb://")
        return value

    @model_validator(mode="after")
    def _different_ports(self) -> Self:
        ports = [port for port in (self.port, self.otlp_grpc_port, self.otlp_http_port) if port]
        if len(set(ports)) != len(ports):
            raise ValueError(f"port, otlp_grpc_port and otlp_http_port must differ, and are {ports}")
        return self

    @property
    def state_url(self) -> str:
        """The state database's address, with its password: never print it."""
        if self.state is None:
            return f"sqlite:///{self.data.absolute() / 'state.db'}"
        url = self.state.get_secret_value()
        return re.sub(r"^postgresql://", "postgresql+psycopg://", url)

    @property
    def state_file(self) -> Path | None:
        """The file of the state database, or None if it is on a server."""
        path = self.state_url.removeprefix("sqlite:///")
        return None if path == self.state_url else Path(path.partition("?")[0])

    @property
    def warehouse_url(self) -> str:
        """The telemetry engine's address, with its password: never print it."""
        if self.warehouse is None:
            return f"chdb://{self.data.absolute() / 'warehouse'}"
        return self.warehouse.get_secret_value()

    @property
    def intake_host(self) -> str:
        """The address both OTLP receivers listen on."""
        return self.otlp_host or self.host

    @property
    def address(self) -> str:
        """The address at which people reach the page, without a slash at its end."""
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        scheme = "http" if self.tls_certificate is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"

    @property
    def listens_beyond_loopback(self) -> bool:
        """Whether page and API can be reached from other machines."""
        return not is_loopback(self.host)


def load(**flags: object) -> Settings:
    """Read the settings from flags and environment; flags that are None are left to the environment."""
    problems = [_unknown(name) for name in unknown_variables(os.environ)]
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]  # validated by the model itself
    except ValidationError as error:
        problems += [_broken(found, given) for found in error.errors(include_url=False)]
        raise _refused(problems) from error
    if problems:
        raise _refused(problems)
    return settings


def described(name: str) -> str:
    """Return a setting's description with its default, for help and reference."""
    field = Settings.model_fields[name]
    default = "~/.local/share/holdfast" if name == "data" else field.default
    shown = f" Default: {default}." if default not in (None, frozenset()) else ""
    return f"{field.description}{shown}"


def unknown_variables(environment: Iterable[str]) -> list[str]:
    """Return the `HOLDFAST_*` variables that nothing reads."""
    known = _known()
    return sorted(
        name
        for name in environment
        if name.upper().startswith(PREFIX)
        and name.upper() not in known
        and not name.upper().startswith(SECRET_PREFIX)
    )


def _known() -> frozenset[str]:
    return OF_COMMANDS | {PREFIX + name.upper() for name in Settings.model_fields}


def _unknown(name: str) -> Problem:
    close = difflib.get_close_matches(name.upper(), sorted(_known()), n=1)
    advice = f"did you mean {close[0]}?" if close else "`holdfast serve --help` lists the settings"
    return Problem(name, "", "a known setting", f"{name} is not a setting; {advice}")


def _broken(found: Mapping[str, Any], given: Mapping[str, object]) -> Problem:
    field = str(found["loc"][0]) if found["loc"] else ""
    if not field:
        return Problem("ports", "", "ports differ", str(found["msg"]))
    name = f"--{field.replace('_', '-')}" if field in given else PREFIX + field.upper()
    value = str(given.get(field, os.environ.get(PREFIX + field.upper(), "")))
    shown = "(not shown)" if field in ("state", "warehouse") else value
    rule = str(found["msg"]).removeprefix("Value error, ")
    return Problem(name, shown, rule, f"{name} is {shown!r}: {rule}")


def _refused(problems: list[Problem]) -> Invalid:
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Invalid(first.message + more, value=first.value, rule=first.rule, problems=tuple(problems))
