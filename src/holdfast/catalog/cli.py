"""`holdfast catalog`: lint a directory here, plan and apply it on a running server, show what is in force."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from holdfast.catalog.assembly import assemble
from holdfast.catalog.directory import Found, read_directory, read_file
from holdfast.catalog.lines import (
    counted,
    is_empty,
    plan_lines,
    plan_summary,
    problem_body,
    problem_count,
    problem_lines,
)
from holdfast.catalog.problems import errors_of, ordered
from holdfast.runtime.client import Client, UrlOption
from holdfast.runtime.errors import Invalid
from holdfast.runtime.output import Column, Output, OutputOption, cell, emit, print_lines, say

app = typer.Typer(help="Service levels kept as code: a directory of YAML.", no_args_is_help=True)

DirectoryArgument = Annotated[Path, typer.Argument(help="The catalog's directory, or one file of it.")]
_COLUMNS = (
    Column("name"),
    Column("service"),
    Column("target", is_number=True),
    Column("window", is_number=True),
    Column("display_name", "description"),
)


@app.command()
def lint(directory: DirectoryArgument, output: OutputOption = Output.TABLE) -> None:
    """Check a directory without a server: every problem at once; exit 1 if there is an error."""
    found = _found(directory)
    parts = found.split()
    problems = ordered((*parts.problems, *assemble(parts.documents).problems))
    items = [problem_body(one) for one in problems]
    is_valid = not errors_of(problems)
    _print_problems(directory, items, output, {"valid": is_valid, "documents": len(parts.documents)})
    documents, files = counted(len(parts.documents), "document"), counted(len(found.sources), "file")
    say(f"{documents} in {files}: {problem_count(items)}")
    if not is_valid:
        raise typer.Exit(1)


@app.command()
def plan(
    directory: DirectoryArgument,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what applying a directory would add, change and remove; exit 1 if it has errors."""
    with Client(url) as client:
        body = client.post("/catalog/plan", _documents(directory, output))
    _refuse_invalid(directory, body, output)
    if output is Output.TABLE:
        print_lines(plan_lines(body))
    else:
        emit(body, output=output)
    _say_summary(directory, body)


@app.command()
def apply(
    directory: DirectoryArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: UrlOption = "",
    output: OutputOption = Output.TABLE,
) -> None:
    """Put a directory in force in place of the whole catalog, after showing what changes."""
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
        say(f"Nothing to change: revision {body['revision']}, in force, says this already.")


@app.command()
def show(url: UrlOption = "", output: OutputOption = Output.TABLE) -> None:
    """Show the catalog in force: its objectives, its origin, and what is wrong with it."""
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


def _found(directory: Path) -> Found:
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
        # What cannot be read here cannot be judged there, and leaving it out would remove it.
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
    say(f"Against revision {body['revision']}: {plan_summary(body)}.")


def _ask(directory: Path, preview: dict[str, Any]) -> None:
    if is_empty(preview):
        return
    for line in plan_lines(preview):
        say(line)
    _say_summary(directory, preview)
    if not sys.stdin.isatty():
        raise Invalid("nobody is here to confirm; say --yes to apply without being asked", rule="--yes")
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
