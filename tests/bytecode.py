"""Where the processes that tests start keep what they compiled, on a machine set to keep no bytecode.

There each server and each command compiles two thousand files again: more than half of what it costs.
"""

import os
import sys
from pathlib import Path


def kept_in(directory: Path) -> None:
    """Have this process and those it starts keep bytecode there, if it would be thrown away."""
    if sys.dont_write_bytecode:
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(directory)}
        sys.dont_write_bytecode, sys.pycache_prefix = False, str(directory)
