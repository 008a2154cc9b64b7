"""A plot in plain characters, for a terminal or a pipe: each line has its own symbol, not only a colour.

Pure.
"""

from collections.abc import Sequence

SIGNS = "*o+x#@%&=~"
ROWS = 12
_POWERS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def drawn(lines: Sequence[Sequence[float | None]], *, columns: int, rows: int = ROWS) -> list[str]:
    """Return rows of text: the scale on the left, each line by its symbol; later lines cover earlier ones.

    A column shows the last value of its steps; steps without values leave it blank.
    """
    known = [value for line in lines for value in line if value is not None]
    if not known:
        return []
    low, high = min(0.0, *known), max(0.0, *known)
    high = high if high > low else low + 1.0
    width = min(columns, max(len(line) for line in lines))
    field = [[" "] * width for _ in range(rows)]
    for number, line in enumerate(lines):
        for column in range(width):
            value = _in_column(line, column, width)
            if value is not None:
                row = round((high - value) / (high - low) * (rows - 1))
                field[row][column] = SIGNS[number % len(SIGNS)]
    scale = {0: high, (rows - 1) // 2: high - (high - low) * ((rows - 1) // 2) / (rows - 1), rows - 1: low}
    return [
        f"{figure(scale[row]) if row in scale else '':>9} |{''.join(field[row])}".rstrip()
        for row in range(rows)
    ]


def _in_column(line: Sequence[float | None], column: int, width: int) -> float | None:
    first, beyond = column * len(line) // width, (column + 1) * len(line) // width
    return next((value for value in reversed(line[first:beyond]) if value is not None), None)


def figure(value: float | None) -> str:
    """Return a number short enough for a scale: `1.25k`, `340M`, `0.0042`."""
    if value is None:
        return "–"
    for power, letter in _POWERS:
        if abs(value) >= power:
            return f"{value / power:.3g}{letter}"
    return f"{value:.3g}"
