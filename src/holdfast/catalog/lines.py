"""Problems, plans and effects as lines of text for a terminal, from the shapes the API sends. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from holdfast.catalog.problems import CatalogProblem

Body = Mapping[str, Any]
_PROBLEM_FIELDS = ("file", "line", "path", "value", "rule", "level", "message")


def problem_lines(problems: Iterable[Body], directory: str = "") -> Iterator[str]:
    """Yield `file:line: level: path: message [rule]`, as compilers do, so that editors can jump there."""
    for one in problems:
        file = _place(directory, one["file"])
        place = f"{file}:{one['line']}" if one["line"] else file
        path = f"{one['path']}: " if one["path"] else ""
        shown = f" (it is {one['value']})" if one["value"] not in one["message"] else ""
        yield f"{place}: {one['level']}: {path}{one['message']}{shown} [{one['rule']}]"


def problem_body(problem: CatalogProblem) -> dict[str, Any]:
    """Return a problem as the API sends it."""
    return {name: getattr(problem, name) for name in _PROBLEM_FIELDS} | {
        "rule": problem.rule.value,
        "level": problem.level.value,
    }


def problem_count(problems: Iterable[Body]) -> str:
    """Return `2 errors, 1 warning`."""
    levels = [one["level"] for one in problems]
    return f"{counted(levels.count('error'), 'error')}, {counted(levels.count('warning'), 'warning')}"


def plan_lines(body: Body) -> Iterator[str]:
    """Yield a plan as a diff: `+` added, `~` changed with its fields, `-` removed, then the effects."""
    for one in body["added"]:
        yield f"+ {one['kind']} {one['name']}"
    for one in body["changed"]:
        yield f"~ {one['kind']} {one['name']}"
        for field in one["changes"]:
            yield f"    {field['path']}: {_shown(field['before'])} → {_shown(field['after'])}"
    for one in body["removed"]:
        yield f"- {one['kind']} {one['name']}"
    for one in body["effects"]:
        yield f"{one['effect']}: {one['summary']}"


def plan_summary(body: Body) -> str:
    """Return `1 added, 2 changed, 0 removed, 9 unchanged`."""
    counts = {word: len(body[word]) for word in ("added", "changed", "removed")}
    words = [f"{count} {word}" for word, count in counts.items()]
    return ", ".join([*words, f"{body['unchanged']} unchanged"])


def is_empty(body: Body) -> bool:
    """Return whether a plan changes nothing."""
    return not (body["added"] or body["changed"] or body["removed"])


def _place(directory: str, file: str) -> str:
    if file in ("", "."):
        return directory or "."
    return f"{directory.rstrip('/')}/{file}" if directory else file


def _shown(value: str | None) -> str:
    return "(not there)" if value is None else value


def counted(count: int, word: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
