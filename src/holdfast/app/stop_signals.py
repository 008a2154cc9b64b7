"""Waits for the signal that ends a server, so that none is lost at any moment.

A handler in Python runs between two steps of the main thread. If a signal comes when that thread is just
about to wait on a lock, no handler runs until the next signal wakes it; one that comes within `Event.wait`
would wait in `Event.set` for the lock that its own thread holds. In both cases the server would never stop.
So the interpreter writes each signal's number into a socket at once, and the main thread reads that.
"""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

log = logging.getLogger(__name__)

STOPS = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], None]]:
    """Yield a function that waits for SIGINT or SIGTERM; a second signal ends the process at once.

    SIGHUP ends nothing: log rotation, `systemctl reload` and people send it to servers that reload something.
    There is nothing to reload here, because the catalog is followed all the time.
    """
    receiver, sender = socket.socketpair()
    sender.settimeout(0)  # a signal handler must not wait

    def wait() -> None:
        while receiver.recv(1)[0] not in STOPS:
            pass

    before = {number: signal.signal(number, _on_stop) for number in STOPS}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, _on_hangup)
    woken_before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    try:
        yield wait
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        receiver.close()
        sender.close()


def _on_stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)


def _on_hangup(_number: int, _frame: FrameType | None) -> None:
    log.info("SIGHUP: nothing to reload; the catalog directory is followed, settings are read at start")
