"""Tries the embedded engine in a process of its own: a broken engine ends that process and not this one."""

import subprocess
import sys

TRIAL_SECONDS = 60
_PROGRAM = "import chdb; print(chdb.query('SELECT 6 * 7', 'CSV').bytes().decode().strip())"


def failure() -> str:
    """Return why the embedded engine does not work, or the empty text; `TimeoutExpired` if it hangs."""
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False)
    if done.returncode == 0 and done.stdout.strip() == "42":
        return ""
    said = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
    return f"the embedded engine does not work: {said}"
