"""`holdfast catalog`: lint a directory here, plan and apply it on a running server, show what is in force.

The composition root makes the commands and hands in the kinds of document.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.catalog.assembly import assemble
from holdfast.catalog.directory import CatalogFiles, read_directory, read_file
from holdfast.catalog.kinds import Kinds
from holdfast.catalog.lines import (
    counted,
    is_empty,
    plan_lines,
    plan_summary,
    problem_body,
    problem_count,
    problem_lines,
)
from holdfast.catalog.problems import clipped, did_you_mean, errors_of, ordered
from holdfast.catalog.schema import catalog_schema, document_schema
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.columns import Column, cell
from holdfast.runtime.errors import Invalid
from holdfast.runtime.output import Output, OutputOption, emit, print_lines, say

DirectoryArgument = Annotated[Path, typer.Argument(help="The catalog's directory, or one file of it.")]
KindArgument = Annotated[str, typer.Argument(help="One kind, such as SLO; by default every kind.")]
_COLUMNS = (
    Column("name"),
    Column("service"),
    Column("target", is_number=True),
    Column("window", is_number=True),
    Column("display_name", "description"),
)


def commands(kinds: Kinds) -> typer.Typer:
    """Return `holdfast catalog` for documents of `kinds`."""
    app = typer.Typer(help="Reliability as code: a directory of YAML.", no_args_is_help=True)

    @app.command()
    def lint(directory: DirectoryArgument, output: OutputOption = Output.TABLE) -> None:
        """Check a directory without a server. Lists every problem; exits with 1 if there is an error."""
        _lint(kinds, directory, output)

    app.command()(plan)
    app.command()(apply)
    app.command()(show)

    @app.command()
    def schema(kind: KindArgument = "") -> None:
        """Print the JSON Schema of catalog documents, of every kind or of one, for editors and CI."""
        print_lines(json.dumps(_schema(kinds, kind), indent=2).splitlines())

    return app


def _lint(kinds: Kinds, directory: Path, output: Output) -> None:
    found = _found(directory)
    parts = found.split(kinds)
    problems = ordered((*parts.problems, *assemble(parts.documents, kinds).problems))
    items = [problem_body(one) for one in problems]
    is_valid = not errors_of(problems)
    _print_problems(directory, items, output, {"valid": is_valid, "documents": len(parts.documents)})
    documents, files = counted(len(parts.documents), "document"), counted(len(found.sources), "file")
    say(f"{documents} in {files}: {problem_count(items)}")
    if not is_valid:
        raise typer.Exit(1)


def _schema(kinds: Kinds, name: str) -> dict[str, Any]:
    if not name:
        return catalog_schema(kinds)
    kind = kinds.named(name)
    if kind is None:
        known = did_you_mean(name, kinds.names)
        raise Invalid(f'there is no kind "{clipped(name)}"; {known}', value=name, rule="a kind of document")
    return document_schema(kind)


def plan(
    directory: DirectoryArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what applying a directory would add, change and remove. Exits with 1 if it has errors."""
    with Client(url) as client:
        body = client.post("/catalog/plan", _documents(directory, output))
    _refuse_invalid(directory, body, output)
    if output is Output.TABLE:
        print_lines(plan_lines(body))
    else:
        emit(body, output=output)
    _say_summary(directory, body)


def apply(
    directory: DirectoryArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Replace the whole catalog by a directory, after showing what changes."""
    documents = _documents(directory, output)
    with Client(url) as client:
        if not yes:
            preview = client.post("/catalog/plan", documents)
            _refuse_invalid(directory, preview, output)
            _ask(directory, preview)
        body = client.post("/catalog/apply", documents)
    _refuse_invalid(directory, body, output)
    if output is not Output.TABLE:
        emit(body, output=output)
    elif yes:
        print_lines(plan_lines(body))
    if body["applied"]:
        say(f"Revision {body['revision']} is in force.")
    else:
        say(f"Nothing to change: revision {body['revision']}, in force, is the same.")


def show(url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show the catalog in force: its objectives, its source and its problems."""
    with Client(url) as client:
        body = client.get("/catalog")
    if output is not Output.TABLE:
        emit(body, output=output)
        return
    emit(body["objectives"], columns=_COLUMNS, output=output)
    when = f", applied {cell(body['applied_at'])} by {body['applied_by']}" if body["applied_at"] else ""
    source = f" from {body['source_directory']}" if body["source_directory"] else ""
    say(f"Revision {body['revision']}{source}{when}: {counted(len(body['services']), 'service')}.")
    for line in problem_lines(body["problems"], body["source_directory"] or ""):
        say(line)


def _found(directory: Path) -> CatalogFiles:
    if not directory.exists():
        raise Invalid(
            f"there is no directory {directory}", value=str(directory), rule="an existing directory"
        )
    return read_file(directory) if directory.is_file() else read_directory(directory)


def _documents(directory: Path, output: Output) -> dict[str, Any]:
    if directory.is_file():
        # A catalog is applied as a whole: one file alone would remove all the others.
        raise Invalid(f"{directory} is a file; name its directory", value=str(directory), rule="a directory")
    found = _found(directory)
    if found.problems:
        # The server cannot judge what is not readable here, and leaving it out would remove it.
        items = [problem_body(one) for one in found.problems]
        _print_problems(directory, items, output, {"valid": False})
        raise typer.Exit(1)
    return {"documents": [{"file": one.file, "text": one.text} for one in found.sources]}


def _refuse_invalid(directory: Path, body: dict[str, Any], output: Output) -> None:
    if not body["valid"]:
        _print_problems(directory, body["problems"], output, body)
        say(f"Not applicable: {problem_count(body['problems'])}.")
        raise typer.Exit(1)


def _say_summary(directory: Path, body: dict[str, Any]) -> None:
    for line in problem_lines(body["problems"], str(directory)):
        say(line)
    for sentence in body["warnings"]:
        say(f"Warning: {sentence}.")
    say(f"Against revision {body['revision']}: {plan_summary(body)}.")


def _ask(directory: Path, preview: dict[str, Any]) -> None:
    if is_empty(preview):
        return
    for line in plan_lines(preview):
        say(line)
    _say_summary(directory, preview)
    if not sys.stdin.isatty():
        raise Invalid("stdin is no terminal; pass --yes to apply without confirmation", rule="--yes")
    if not typer.confirm("Apply this?", err=True):
        raise typer.Exit(1)


def _print_problems(
    directory: Path, items: list[dict[str, Any]], output: Output, rest: dict[str, Any]
) -> None:
    if output is Output.TABLE:
        base = directory if directory.is_dir() else directory.parent
        print_lines(problem_lines(items, "" if str(base) == "." else str(base)))
    else:
        emit({**rest, "problems": items}, output=output)
