"""Names in the journal: no token passes for the server itself."""

import ast

import pytest
from tests.lints.source import PRODUCT, sources

from holdfast.runtime.access import LOCAL
from holdfast.runtime.actors import ANONYMOUS, OWN_NAME, RESERVED, check_name, is_reserved, on_command_line
from holdfast.runtime.errors import Invalid


def _actors_of_the_server() -> set[str]:
    """Return every name that a constant called ACTOR, or ending so, gives, and every one written in place."""
    found = set()
    for source in sources():
        if not source.path.startswith(PRODUCT):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                names = [one.id for one in node.targets if isinstance(one, ast.Name)]
                found |= {
                    str(node.value.value) for name in names if name == "ACTOR" or name.endswith("_ACTOR")
                }
            if isinstance(node, ast.keyword) and node.arg == "actor" and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
    return found


def test_every_actor_of_the_server_is_reserved() -> None:
    """Whatever name the server writes into the journal for itself, no token can have."""
    actors = {*_actors_of_the_server(), LOCAL.name, ANONYMOUS, OWN_NAME}
    assert {"objectives", "catalog directory", "local", "anonymous"} <= actors
    assert [name for name in actors if not is_reserved(name)] == []


@pytest.mark.parametrize("name", [*sorted(RESERVED), "Catalog Directory", "catalog-directory", "l.o.c.a.l"])
@pytest.mark.parametrize("dressed", [str, str.upper, "{} ".format, "{}.".format])
def test_a_reserved_name_is_refused_however_it_is_dressed(name: str, dressed) -> None:
    """Case, blanks and signs do not make another name of it."""
    with pytest.raises(Invalid, match="reserved for the server"):
        check_name(dressed(name))


@pytest.mark.parametrize("name", ["ada", "localhost-probe", "systems-team", "catalog-ci", "a.l@b.example"])
def test_names_of_people_and_programs_are_free(name: str) -> None:
    """A name that only contains a reserved word says who it is."""
    check_name(name)


def test_the_command_lines_actor_cannot_be_a_token() -> None:
    """Who works on the server's command line is written with a sign that no token's name has."""
    with pytest.raises(Invalid):
        check_name(on_command_line("ada"))
