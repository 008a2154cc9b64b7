"""The signal that ends a server is never lost."""

import os
import signal
import subprocess
import sys

import pytest

from holdfast.app.stop_signals import stopped_by_signals

AT_ANY_MOMENT = """
import os, random, signal, sys, threading
from holdfast.app.stop_signals import stopped_by_signals

sys.setswitchinterval(1e-6)
chosen = random.Random(1)

def send():
    for _ in range(chosen.randrange(200)):
        pass
    os.kill(os.getpid(), signal.SIGTERM)

for _ in range(300):
    with stopped_by_signals() as wait:
        sender = threading.Thread(target=send)
        sender.start()
        wait()
        sender.join()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_wait_counts(number: signal.Signals) -> None:
    """Who asks a server to stop while it starts need not ask again, and SIGHUP asks for nothing."""
    before = signal.getsignal(number)
    with stopped_by_signals() as wait:
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), number)
        wait()
        assert signal.getsignal(number) is signal.SIG_DFL, "a second one ends the process"
    assert signal.getsignal(number) is before


def test_a_signal_at_any_moment_counts() -> None:
    """Three hundred signals around the moment at which the wait begins all end it."""
    done = subprocess.run([sys.executable, "-c", AT_ANY_MOMENT], timeout=120, check=False)
    assert done.returncode == 0
