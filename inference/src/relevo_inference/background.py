"""Threads for what nobody waits for, or not for long."""

import os
import sys
import threading

# How much less than others these threads count where both want a core (nice(2)).
_NICENESS = 10


def stand_back() -> None:
    """Lets this thread's computing go behind that of others, where a thread can have a priority of its own."""
    # Linux counts threads as processes here; elsewhere it would slow the whole server.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
