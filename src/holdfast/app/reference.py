"""`python -m holdfast.app.reference DIRECTORY` writes the reference of commands, settings and documents.

A test compares its output with the files in the repository, so that they always agree.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from holdfast.app.backup import errors as backup
from holdfast.app.kinds import KINDS
from holdfast.app.main import command_line
from holdfast.app.serve import NO_OPTION
from holdfast.catalog.schema import catalog_schema
from holdfast.runtime import errors
from holdfast.runtime.problem_kinds import OF_THE_SERVER, ProblemKind, kind_of
from holdfast.runtime.settings import PREFIX, Settings, described
from holdfast.telemetry import errors as telemetry

COMMANDS_HEAD = """# Commands

`holdfast NOUN VERB`. Data goes to stdout, as `-o table`, `json` or `yaml`; messages go to stderr. Exit
status: 0 fine, 1 the answer is no (a check failed, a document has errors), 2 wrong use, 3 could not
reach or do it. Commands that ask a server find it at `--url` or `HOLDFAST_URL` and identify themselves
with `HOLDFAST_TOKEN`; `access` works on the state database itself, with or without a running server. Tables
show instants in your zone (`TZ`), JSON and YAML in UTC. Colour is used on terminals only and never when
`NO_COLOR` is set.

*Written by `make golden` from the commands themselves.*
"""

SETTINGS_HEAD = """# Configuration

Every setting is a flag of `holdfast serve` or a `HOLDFAST_*` variable; the flag wins. Values are typed,
all problems are reported at once, and an unknown variable is refused by name, with the closest known
one. An empty variable counts as not set.

*Written by `make golden` from the settings themselves.*

| variable | flag | what it is |
|---|---|---|
"""

SETTINGS_TAIL = """| `HOLDFAST_URL` | `--url` | Where the server is. Default: http://127.0.0.1:7070. |
| `HOLDFAST_TOKEN` | – | The token of the commands. |
| `HOLDFAST_CA` | – | CA certificates (PEM) the commands trust at `https://`; by default the public ones. |
| `HOLDFAST_CONTROL_PORT` | `--control-port` | Port of the demo shop's control. Default: 7071. |

`HOLDFAST_STATE` and `HOLDFAST_WAREHOUSE` may hold a password and are never shown; a flag would put it in
the process list, so they have none.

## Who gets in

While no person's token exists, page and API answer on loopback only, and a caller on this machine is
`local` with every right. From the first token on everybody needs one, even callers on this machine:

    holdfast access token create --role admin

Roles are `viewer`, `responder`, `editor` and `admin`, each including the ones before it. `ingest` is
separate: it sends telemetry and opens nothing else. On loopback anybody may send telemetry until the first
ingest token exists; beyond loopback an ingest token is needed from the start. Listening on another
address than loopback without a token is refused."""


PROBLEMS_HEAD = """# Problems

Every refusal over HTTP is a problem document (RFC 9457, `application/problem+json`). Programs decide by
`type`, which stays the same from version to version; `title` is its short name and `detail` the sentence
about this one refusal. A kind may be added; treat one you do not know by its status.

| member | what it is |
|---|---|
| `type` | the kind, as below; `about:blank` for a kind that is only its status |
| `title` | the short name of the kind |
| `status` | the HTTP status |
| `detail` | what was refused and what to do, in a sentence |
| `value` | the value that was tried, where there is one |
| `rule` | the rule it broke |
| `problems` | each broken rule by `path`, `value`, `rule` and `message`, where there may be several |

The OTLP paths answer with the status of OTLP instead (see [OTLP](otlp.md)), by the same kinds.

*Written by `make golden` from the errors themselves.*

| type | status | title | meaning |
|---|---|---|---|
"""

ANSWERED: tuple[type[errors.HoldfastError], ...] = (
    errors.Invalid,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.NotFound,
    errors.Conflict,
    errors.TooLarge,
    errors.Throttled,
    errors.Unavailable,
    errors.StateDamaged,
    telemetry.BadBody,
    telemetry.WrongSignal,
    telemetry.MethodRefused,
    telemetry.MediaTypeRefused,
    telemetry.TooSlow,
    telemetry.IntakeFull,
    telemetry.SpoolFailed,
    telemetry.WarehouseStarting,
    telemetry.WarehouseDamaged,
    backup.BackupUnsound,
)
"""Errors in answers to readers and senders; a test compares them with the error classes."""


def problem_kinds() -> list[ProblemKind]:
    """Return every kind of problem in answers, each once, by status."""
    named = {kind.name: kind for kind in (*map(kind_of, ANSWERED), *OF_THE_SERVER)}
    return sorted(named.values(), key=lambda kind: (kind.status, kind.name))


def problems() -> str:
    """Return the reference of problems."""
    rows = (
        f"| `{kind.type}` | {kind.status} | {kind.title} | {kind.meaning} |\n" for kind in problem_kinds()
    )
    return PROBLEMS_HEAD + "".join(rows)


def commands() -> str:
    """Return the reference of commands."""
    root = typer.main.get_command(command_line())
    return COMMANDS_HEAD + "".join(_described(root, "holdfast"))


def settings() -> str:
    """Return the reference of settings."""
    rows = (
        f"| `{PREFIX}{name.upper()}` | {_flag(name)} | {described(name)} |\n"
        for name in Settings.model_fields
    )
    return SETTINGS_HEAD + "".join(rows) + SETTINGS_TAIL


def schema() -> str:
    """Return the JSON Schema of catalog documents, for editors."""
    return json.dumps(catalog_schema(KINDS), indent=1) + "\n"


PAGES = {
    "cli.md": commands,
    "configuration.md": settings,
    "catalog.schema.json": schema,
    "problems.md": problems,
}


def _flag(name: str) -> str:
    return "–" if name in NO_OPTION else "`--" + name.replace("_", "-") + "`"


def _described(command: Any, path: str) -> Iterator[str]:
    verbs = getattr(command, "commands", {})
    own = [one for one in command.params if one.name != "help"]
    if path != "holdfast" and (not verbs or own):
        yield f"\n## `{path}`\n\n{_paragraphs(command.help)}\n"
        if own:
            yield "\n| option | what it is |\n|---|---|\n"
            yield from (f"| `{_spelled(one)}` | {_help(one)} |\n" for one in own)
    for name in sorted(verbs):
        yield from _described(verbs[name], f"{path} {name}")


def _paragraphs(text: str | None) -> str:
    paragraphs = (" ".join(part.split()) for part in (text or "").split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part)


def _spelled(one: Any) -> str:
    if one.param_type_name == "argument":
        return str(one.metavar or one.name).upper()
    return ", ".join((*one.opts, *one.secondary_opts))


def _help(one: Any) -> str:
    text = " ".join((getattr(one, "help", None) or "").split())
    default = one.default
    is_shown = default not in (None, "", False) and not callable(default) and "Default:" not in text
    return f"{text} Default: {getattr(default, 'value', default)}." if is_shown else text


def main(directory: Path) -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (directory / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
