"""Arrays that are larger than memory."""

import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import array_files, arrays
from normzoo.trainers.data.disk import pieces, piles, scratch

PARTS = [np.arange(n * 3, dtype=np.int16).reshape(n, 3) for n in (4, 1, 5)]


@pytest.mark.parametrize("spilled_after", [1, 2, 3, None])
def test_a_pile_is_its_parts(tmp_path, monkeypatch, spilled_after):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(scratch.tempfile, "tempdir", None)
    with piles.Pile() as pile:
        for i, part in enumerate(PARTS, 1):
            pile.add(part)
            if i == spilled_after:
                pile.spill()
        found = pile.array()
    np.testing.assert_array_equal(found, np.concatenate(PARTS))
    assert found.dtype == np.int16
    assert isinstance(found, np.memmap) == (spilled_after is not None)
    assert not list(tmp_path.iterdir())  # The file has no name.


TEXTS = [np.array(part)[:, np.newaxis] for part in (["a", "", "bc"], ["Ä"])]
TEXTS.append(np.array([["a longer one"], [""]]))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 1), (0, 1, 2, 0)])
@pytest.mark.parametrize("spilled_after", [1, 2])
def test_texts_get_the_width_of_the_longest(order, spilled_after):
    parts = [TEXTS[i] for i in order]
    expected = np.concatenate(parts)
    with piles.Pile() as pile:
        for i, part in enumerate(parts, 1):
            pile.add(part)
            if i == spilled_after:
                pile.spill()
        found, size = pile.array(), pile.size
    assert isinstance(found, np.memmap)
    assert (found.dtype, found.nbytes) == (expected.dtype, size)
    np.testing.assert_array_equal(found, expected)


def test_objects_stay_in_memory():
    pile = piles.Pile()
    pile.add(np.array([None, 1], object))
    pile.spill()
    pile.add(np.array([2], object))
    assert pile.array().tolist() == [None, 1, 2]


@pytest.mark.parametrize(
    ("dtype", "words"),
    [(float, "of int16 and of float64"), (str, "of int16 and of <U")],
)
def test_parts_of_another_type(dtype, words):
    with piles.Pile() as pile:
        pile.add(PARTS[0])
        pile.spill()
        with pytest.raises(InputError, match=words):
            pile.add(PARTS[0].astype(dtype))


@pytest.mark.parametrize("free", [0, 10**12])
def test_a_type_is_converted(monkeypatch, free):
    monkeypatch.setattr(pieces, "free_bytes", lambda: free)
    values = np.arange(12.0).reshape(4, 3)
    found = piles.converted(values, np.float32)
    np.testing.assert_array_equal(found, values)
    assert found.dtype == np.float32
    assert isinstance(found, np.memmap) == (not free)
    assert piles.converted(found, np.float32) is found


def test_a_disk_without_room(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"1\.0 GB left.* take 2\.0 GB there"):
        scratch.check_room(tmp_path, 2 * 10**9)
    monkeypatch.setattr(pieces, "free_bytes", lambda: 0)
    usage = usage._replace(free=0)
    with pytest.raises(InputError, match="TMPDIR"):
        piles.converted(np.arange(3.0), np.float32)


#: Is killed while the second array is written.
KILLED = """
import os, pathlib, signal, sys
import numpy as np
from normzoo.trainers.data import array_files, arrays
from normzoo.trainers.data.disk import pieces

pieces.free_bytes = lambda: 0
write_array, written = np.lib.format.write_array, []

def write_or_die(file, array, **kwargs):
    if written:
        os.kill(os.getpid(), signal.SIGKILL)
    written.append(array)
    write_array(file, array, **kwargs)

np.lib.format.write_array = write_or_die
given = {"x_train": np.arange(20.0), "y_train": np.arange(20)}
found = arrays.check(given, "The data")
array_files.write(found, pathlib.Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_nothing_is_left_of_a_process_that_was_killed(tmp_path):
    folder, temporary = tmp_path / "work", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)],
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not list(temporary.iterdir())
    (left,) = folder.iterdir()
    assert ".data-" in left.name
    os.utime(left, (0, 0))
    given = {"x_train": np.arange(20.0), "y_train": np.arange(20)}
    path = array_files.write(arrays.check(given, "The data"), folder)
    assert list(folder.iterdir()) == [path]
    everything = array_files.read(path)["x_train"]
    np.testing.assert_array_equal(everything, given["x_train"])
