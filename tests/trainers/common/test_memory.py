"""Free memory is that of the machine, or of the container if it has less."""

import pytest

from normzoo.trainers.common import memory

MACHINE = "MemTotal:  9000 kB\nMemAvailable:  8000 kB\nHugePages_Total: 0\n"
GROUPS = {
    "none": ({}, 8000 * 1024),
    "no limit": ({"memory.max": "max\n"}, 8000 * 1024),
    "version 2": (
        {
            "memory.max": "5000\n",
            "memory.current": "3000\n",
            "memory.stat": "anon 2000\ninactive_file 700\n",
        },
        2700,
    ),
    "version 1": (
        {
            "memory/memory.limit_in_bytes": "5000\n",
            "memory/memory.usage_in_bytes": "3000\n",
            "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 700\n",
        },
        2700,
    ),
    "above the limit": (
        {
            "memory.max": "5000\n",
            "memory.current": "6000\n",
            "memory.stat": "anon 6000\n",
        },
        0,
    ),
    "a limit above the machine's": (
        {
            "memory.max": "9223372036854771712\n",
            "memory.current": "3000\n",
            "memory.stat": "\n",
        },
        8000 * 1024,
    ),
}


@pytest.mark.parametrize(("files", "free"), GROUPS.values(), ids=GROUPS)
def test_free_memory_is_the_least_that_something_allows(
    files, free, tmp_path, monkeypatch
):
    machine = tmp_path / "meminfo"
    machine.write_text(MACHINE)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory, "_MEMINFO", machine)
    monkeypatch.setattr(memory, "_GROUP", tmp_path)
    assert memory.free_bytes() == free


def test_this_machine_has_free_memory():
    assert 2**20 < memory.free_bytes() < 2**50
