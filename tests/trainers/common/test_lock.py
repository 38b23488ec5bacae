"""Two users of one folder."""

import json
import os
import pickle

import filelock
import pytest

from normzoo.trainers.common import lock
from normzoo.trainers.common.errors import InputError

from ..accidents import open_folder, unprivileged

OTHER = {"pid": 7, "host": "other", "since": "2026-01-02T03:04:05+00:00"}
#: What the file that names the holder contains -> who that is.
HOLDERS = {
    "another host": (
        json.dumps(OTHER).encode(),
        r"process 7 on other since 20",
    ),
    "half a name": (b'{"pid": 7, "ho', "another process"),
    "no name": (b"[]", "another process"),
    "less": (b'{"pid": 7}', "another process"),
    "no text": (pickle.dumps(OTHER), "another process"),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_the_holder_is_named(name, tmp_path):
    held, words = HOLDERS[name]
    (tmp_path / lock.HOLDER).write_bytes(held)
    with (
        filelock.FileLock(tmp_path / lock.LOCK),
        pytest.raises(InputError, match=rf"in use by {words}.*Wait for it"),
        lock.held(tmp_path),
    ):
        pytest.fail("two hold it")
    # It is dead, perhaps on another host: it holds nothing.
    with lock.held(tmp_path):
        found = json.loads((tmp_path / lock.HOLDER).read_text())
        assert found["pid"] == os.getpid()


def test_the_lock_of_another_user():
    with open_folder() as folder:
        with lock.held(folder):
            pass
        (folder / lock.HOLDER).write_text(json.dumps(OTHER))
        (folder / lock.LOCK).chmod(0o600)
        folder.chmod(0o777)
        with (
            unprivileged(),
            pytest.raises(
                InputError,
                match=r"Permission denied. It was last used by process 7 on",
            ),
            lock.held(folder),
        ):
            pytest.fail("it is another user's")
