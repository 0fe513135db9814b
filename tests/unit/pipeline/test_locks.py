"""Only one at a time holds a lock, and nobody keeps one that died. (MySQL's: tests/stack/test_promotions.py.)"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest
from relevo_contract.database import connect
from relevo_pipeline.errors import StepError
from relevo_pipeline.locks import alone

HOLD = """
import sys
from relevo_contract.database import connect
from relevo_pipeline.locks import alone
with alone(connect(sys.argv[1]), "a"):
    print("held", flush=True)
    sys.stdin.read()  # until it is killed, or whoever started it is gone
"""


def test_many_go_in_one_after_the_other(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/raw.db")
    inside: list[int] = []
    most: list[int] = []
    together = Barrier(4)

    def go() -> None:
        together.wait()
        for _ in range(20):
            with alone(engine, "a"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert len(most) == 80
    assert set(most) == {1}


def test_another_name_is_another_lock_and_waiting_ends_with_a_sentence(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/raw.db")
    with alone(engine, "a"):
        with alone(engine, "b"):
            pass
        with pytest.raises(StepError, match=r"the lock a for 0\.1 s; nothing was changed"), alone(engine, "a", 0.1):
            pass
    with alone(engine, "a", 0):
        pass
    engine.dispose()


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/raw.db"
    command, pipe = [sys.executable, "-c", HOLD, url], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        engine = connect(url)
        with pytest.raises(StepError), alone(engine, "a", 0):
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with alone(engine, "a", 0):
            pass
        engine.dispose()
