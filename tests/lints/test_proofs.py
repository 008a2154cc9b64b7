"""Every long proof is carried out in rounds.

Why: `make prove` takes an hour or more and is stopped in between. What keeps its
place in a way of its own, or in none, begins again each time, and a failure in it cannot be repeated.
"""

import ast

from tests.lints.source import Source, sources


def proofs(source: Source) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the tests of a file that only `make prove` runs."""
    return [
        function
        for function in source.functions()
        if any(ast.unparse(one) == "pytest.mark.prove" for one in function.decorator_list)
    ]


def uses_rounds(proof: ast.AST) -> bool:
    """Whether a proof is carried out in rounds."""
    called = {ast.unparse(node.func) for node in ast.walk(proof) if isinstance(node, ast.Call)}
    return bool(called & {"rounds", "rounds.over"})


def test_the_lint_finds_a_proof_without_rounds() -> None:
    """A proof is met by its mark, and what it calls is what counts."""
    mark = "@pytest" + ".mark.prove"
    for body, expected in {"rounds(work)": True, "rounds.over(work)": True, "work(rounds)": False}.items():
        text = f"{mark}\ndef test_it(rounds):\n    {body}\ndef test_other(): ..."
        (proof,) = proofs(Source("tests/test_x.py", text, ast.parse(text)))
        assert uses_rounds(proof) is expected


def test_every_proof_uses_rounds() -> None:
    """A test marked `prove` calls `rounds`, and no mark of a whole file or class hides one."""
    found = [(source, proof) for source in sources() if source.is_test for proof in proofs(source)]
    assert len(found) > 8
    assert [source.at(proof) for source, proof in found if not uses_rounds(proof)] == []
    written = sum(source.text.count("pytest" + ".mark.prove") for source in sources() if source.is_test)
    assert written == len(found) + 1  # and the name above
