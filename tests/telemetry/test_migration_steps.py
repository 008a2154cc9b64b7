"""What a new warehouse need not run, of all that older ones did."""

from holdfast.telemetry.migrations import without_superseded


def test_a_view_gets_its_query_once() -> None:
    """Of a view's queries the last is kept, across steps and within one; all else runs in its order."""
    steps = [
        (1, "a", ["CREATE TABLE t", "ALTER TABLE v MODIFY QUERY 1", "ALTER TABLE v MODIFY QUERY 2"]),
        (2, "b", ["ALTER TABLE w MODIFY QUERY 1", "ALTER TABLE t ADD COLUMN x"]),
        (3, "c", ["ALTER TABLE v MODIFY QUERY 3", "INSERT INTO t"]),
    ]
    assert without_superseded(steps) == [
        (1, "a", ["CREATE TABLE t"]),
        (2, "b", ["ALTER TABLE w MODIFY QUERY 1", "ALTER TABLE t ADD COLUMN x"]),
        (3, "c", ["ALTER TABLE v MODIFY QUERY 3", "INSERT INTO t"]),
    ]
    assert without_superseded(steps[:1]) == [
        (1, "a", ["CREATE TABLE t", "ALTER TABLE v MODIFY QUERY 2"]),
    ]


def test_a_column_is_added_once() -> None:
    """A statement is left out if earlier ones added all its columns, or a later one is the same."""
    add, rule = "ADD COLUMN IF NOT EXISTS", "ALTER TABLE t MODIFY COLUMN x UInt8 DEFAULT a"
    both = f"ALTER TABLE t {add} x Map(String, String), {add} y UInt8"
    steps = [
        (1, "a", [both, rule]),
        (2, "b", [f"ALTER TABLE t {add} y UInt8", f"ALTER TABLE u {add} y UInt8"]),
        (3, "c", [f"ALTER TABLE t {add} y UInt8, {add} z UInt8", rule]),
        (4, "d", [f"ALTER TABLE t {add} z UInt8, MODIFY ORDER BY (y, z)"]),
    ]
    assert without_superseded(steps) == [
        (1, "a", [both]),
        (2, "b", [f"ALTER TABLE u {add} y UInt8"]),
        *steps[2:],
    ]
