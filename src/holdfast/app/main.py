"""The `holdfast` command: every error becomes one sentence and an exit status.

Exit 0 fine · 1 the answer is no · 2 wrong use · 3 could not reach or do it.
"""

import gc
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

import typer

from holdfast import __version__
from holdfast.runtime.errors import HoldfastError
from holdfast.runtime.output import print_lines, say

NOUNS = {
    "access": "holdfast.app.access_cli",
    "alert": "holdfast.objectives.cli:alert_app",
    "backup": "holdfast.app.backup.cli",
    "catalog": "holdfast.app.catalog_cli",
    "change": "holdfast.changes.cli",
    "demo": "holdfast.app.demo",
    "incident": "holdfast.incidents.cli",
    "log": "holdfast.telemetry.logs.cli",
    "map": "holdfast.telemetry.servicemap.cli",
    "sampling": "holdfast.telemetry.sampling.cli",
    "metric": "holdfast.telemetry.metrics.cli",
    "objective": "holdfast.objectives.cli",
    "oncall": "holdfast.oncall.cli",
    "page": "holdfast.oncall.pages.cli",
    "service": "holdfast.telemetry.services.cli",
    "trace": "holdfast.telemetry.traces.cli",
    "view": "holdfast.views.cli",
}
"""Each noun and the `module:name` of its verbs; the name is `app` by default."""

COMMANDS = {
    "doctor": "holdfast.app.doctor:doctor_command",
    "restore": "holdfast.app.backup.cli:restore_command",
    "serve": "holdfast.app.serve:serve_command",
}
"""Each command without verbs and the `module:function` that makes it."""


def version() -> None:
    """Print the version."""
    print_lines([f"holdfast {__version__} (Python {platform.python_version()})"])


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """Return the command line; if `arguments` begin with a known name, with that part alone.

    Importing every part takes over a second, most of it for engines that a listing never touches.
    """
    app = typer.Typer(
        name="holdfast",
        help="Service levels, alerts and incidents of a platform, on its live telemetry.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    app.command()(version)
    first = arguments[0] if arguments else ""
    known = {**COMMANDS, **NOUNS, "version": ""}
    for name in [first] if first in known else known:
        if name in COMMANDS:
            module, function = COMMANDS[name].split(":")
            app.command(name)(getattr(import_module(module), function)())
        elif name in NOUNS:
            module, _, attribute = NOUNS[name].partition(":")
            app.add_typer(getattr(import_module(module), attribute or "app"), name=name)
    return app


def main() -> None:
    """Run the command line and exit with its status; a traceback is never shown by default."""
    try:
        # Imports make many objects and no garbage: collections would take a tenth of every command.
        gc.disable()
        app = command_line(sys.argv[1:])
        gc.enable()
        app()
    except HoldfastError as error:
        _report(error)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last resort of a command: the traceback on request
        if os.environ.get("HOLDFAST_LOG_LEVEL", "").lower() == "debug":
            say(traceback.format_exc())
        what = f"{type(error).__name__}: {error}"
        say(f"holdfast failed unexpectedly ({what}); this is a bug. HOLDFAST_LOG_LEVEL=debug shows where.")
        sys.exit(3)


def _root() -> None:
    pass


def _report(error: HoldfastError) -> None:
    say(f"holdfast: {error.detail}")
    for problem in error.problems:
        if problem.message not in error.detail:
            say(f"  {problem.message}")
