"""A clock that is set back or forth changes no duration and no decision."""

import ast
import pathlib

import pytest

import normzoo
from normzoo.trainers.run import progress, saving
from normzoo.trainers.run.progress import Progress

#: What tells the time of day -> where it is told to people, and nothing else.
ASKED = {
    "time": {
        "trainers/run/events.py",
        "trainers/comparison/dashboard/folder.py",
    },
    "datetime": {
        "trainers/common/lock.py",
        "trainers/comparison/claims/records.py",
        "trainers/comparison/procedure/plan_file.py",
    },
}
#: Of files, by which nothing is decided.
MOMENTS = {"st_mtime", "st_ctime", "st_atime", "getmtime", "getctime"}


def test_the_time_of_day_decides_nothing():
    root = pathlib.Path(normzoo.__file__).parent
    found = {name: set() for name in (*ASKED, "moments")}
    for part in ("layers", "zoo", "trainers", "configs"):
        for path in (root / part).rglob("*.py"):
            place, text = str(path.relative_to(root)), path.read_text()
            if not any(word in text for word in ("time", *MOMENTS)):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import):
                    names = {alias.name for alias in node.names}
                    if "datetime" in names:
                        found["datetime"].add(place)
                if not isinstance(node, ast.Attribute):
                    continue
                is_clock = getattr(node.value, "id", None) == "time"
                if is_clock and node.attr in ("time", "time_ns"):
                    found["time"].add(place)
                if node.attr in MOMENTS:
                    found["moments"].add(place)
    assert found == {**ASKED, "moments": set()}


@pytest.mark.parametrize("jump", [-86_400, 365 * 86_400])
def test_a_jump_is_no_duration(jump, monkeypatch):
    """Of a training: what it took, and when the next save is due."""
    monkeypatch.setattr(progress.time, "time", lambda: 1.8e9 + jump)
    made = Progress()
    made.start_clock()
    made.count_time()
    assert 0 <= made.seconds < 60
    assert "time.time" not in pathlib.Path(saving.__file__).read_text()
