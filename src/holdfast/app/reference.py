"""`python -m holdfast.app.reference DIRECTORY` writes the reference of commands and settings from the code.

A test compares what it writes with what is in the repository, so neither can say what the other does not.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from holdfast.app.main import command_line
from holdfast.app.serve import NO_OPTION
from holdfast.runtime.settings import PREFIX, Settings, described

COMMANDS_HEAD = """# Commands

`holdfast NOUN VERB`. Data goes to stdout, as `-o table`, `json` or `yaml`; words go to stderr. Exit
status: 0 fine, 1 the answer is no (a check failed, a document has errors), 2 wrong use, 3 could not
reach or do it. Commands that ask a server find it at `--url` or `HOLDFAST_URL` and identify themselves
with `HOLDFAST_TOKEN`; `access` works on the state database itself, whether a server runs or not. Tables
show instants in your zone (`TZ`), JSON and YAML in UTC. Colour is used on terminals only and never when
`NO_COLOR` is set.

*Written by `make golden` from the commands themselves.*
"""

SETTINGS_HEAD = """# Configuration

Everything is a flag of `holdfast serve` or a `HOLDFAST_*` variable; the flag wins. Values are typed,
every problem is told at once, and a variable that nothing reads is refused by name, with what was
probably meant. An empty variable counts as not set.

*Written by `make golden` from the settings themselves.*

| variable | flag | what it is |
|---|---|---|
"""

SETTINGS_TAIL = """| `HOLDFAST_URL` | `--url` | Where the server is. Default: http://127.0.0.1:7070. |
| `HOLDFAST_TOKEN` | – | The token commands identify themselves with. |
| `HOLDFAST_CONTROL_PORT` | `--control-port` | Port the demo's shop is controlled on. Default: 7071. |

`HOLDFAST_STATE` and `HOLDFAST_WAREHOUSE` may hold a password and are never shown; a flag would put it in
the process list, so they have none.

## Who gets in

While no person's token exists, page and API answer on loopback only, and a caller on this machine is
`local` with every right. From the first token on everybody needs one, callers on this machine too:

    holdfast access token create --role admin

Roles are `viewer`, `responder`, `editor` and `admin`, each including the ones before it. `ingest` stands
apart: it sends telemetry and opens nothing else. On loopback anybody may send telemetry until the first
ingest token exists; beyond loopback an ingest token is needed from the start. Listening on another
address than loopback without a token is refused."""


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


PAGES = {"cli.md": commands, "configuration.md": settings}


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
