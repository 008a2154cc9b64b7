"""The commands a document tells its reader to run."""

import re


def commands_of(text: str) -> list[str]:
    """Return every command of a document once: lines of code blocks, and code inside sentences."""
    blocks = [part for part in re.split(r"\n[ \t]*\n", text) if re.fullmatch(r"(\s{4,}\S.*\n?)+", part)]
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line.partition("  #")[0].strip() for block in (*blocks, *fenced) for line in block.splitlines()]
    spoken = re.findall(r"`((?:make|holdfast|\.venv/bin/\S+) [^`]+)`", text)
    return list(dict.fromkeys(line for line in (*lines, *spoken) if line))
