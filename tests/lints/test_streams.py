"""An answer that goes on is an `EventStream`, which asks again whether its reader may read.

Why: a token that was revoked read the live tail on for a quarter of an hour, because an answer asks who its
reader is when it begins and never again. `runtime/streams.py` cannot be used without that.
"""

import ast

from tests.lints.source import PRODUCT, Source, sources

HOME = f"{PRODUCT}/runtime/streams.py"
GOES_ON = {"StreamingResponse", "EventSourceResponse", "WebSocket", "FileResponse"}


def test_only_one_place_makes_answers_that_go_on() -> None:
    """Nothing but `runtime/streams.py` names the framework's own streaming answers."""
    product = [source for source in sources() if source.path.startswith(PRODUCT) and source.path != HOME]
    assert [found for source in product for found in named(source)] == []


def named(source: Source) -> list[str]:
    """Return where a file names an answer that goes on."""
    return [
        source.at(node)
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id in GOES_ON)
        or (isinstance(node, ast.Attribute) and node.attr in GOES_ON)
        or (isinstance(node, ast.alias) and node.name in GOES_ON)
    ]


def test_the_lint_finds_each_way_to_name_one() -> None:
    """Imported, called through its module, or given as a class: each is met."""
    for line in (
        "from fastapi.responses import StreamingResponse",
        "responses.FileResponse(path)",
        "def read(socket: WebSocket): ...",
    ):
        assert named(Source(f"{PRODUCT}/app/x.py", line, ast.parse(line))), line
    assert named(Source(f"{PRODUCT}/app/x.py", "", ast.parse("from x import EventStream, Response"))) == []
