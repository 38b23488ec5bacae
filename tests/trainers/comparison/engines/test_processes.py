"""Processes of this machine, as who waits for them sees them."""

import concurrent.futures
import pathlib
import threading

from normzoo.trainers.comparison.engines import processes
from normzoo.trainers.comparison.engines.engine import Work
from normzoo.trainers.comparison.engines.processes import Processes


def test_there_is_room_once_fewer_groups_are_left_than_processes(monkeypatch):
    may_end = {name: threading.Event() for name in "abc"}

    def train_all(parts, workdir):
        may_end[parts].wait()
        return parts

    monkeypatch.setattr(processes, "_train_all", train_all)
    monkeypatch.setattr(processes, "_by_structure", lambda groups, _: groups)
    engine = Processes(2).begin(Work(pathlib.Path("none")))
    with concurrent.futures.ThreadPoolExecutor(2) as threads, engine:
        monkeypatch.setattr(engine, "_opened", lambda: threads)
        seen = []
        may_end["a"].set()
        for name in engine.train(list("abc"), None):
            seen.append((name, engine.has_room()))
            for other in "bc" if name == "b" else "b":
                may_end[other].set()
    assert seen == [("a", False), ("b", True), ("c", True)]
