"""An answer that goes on is an `EventStream`, which asks again whether its reader may read.

Why: a token that was revoked read the live tail on for a quarter of an hour, because an answer asks who its
reader is when it begins and never again. `runtime/streams.py` cannot be used without that.
"""

import ast

from tests.lints.source import PRODUCT, sources

HOME = f"{PRODUCT}/runtime/streams.py"
GOES_ON = {"StreamingResponse", "EventSourceResponse", "WebSocket", "FileResponse"}


def test_only_one_place_makes_answers_that_go_on() -> None:
    """Nothing but `runtime/streams.py` names the framework's own streaming answers."""
    found = [
        source.at(node)
        for source in sources()
        if source.path.startswith(PRODUCT) and source.path != HOME
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id in GOES_ON)
        or (isinstance(node, ast.Attribute) and node.attr in GOES_ON)
        or (isinstance(node, ast.alias) and node.name in GOES_ON)
    ]
    assert found == []
