"""Files of several arrays that are mapped."""

import zipfile

import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data.disk import archives, pieces

ARRAYS = {
    "x_train/one": np.arange(12, dtype=np.float32).reshape(4, 3),
    "x_train/äh": np.arange(5, dtype=np.uint8),
    "y_train": np.arange(7),
    "texts": np.array(["a", "bcd"]),
    "columns": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "no rows": np.zeros((0, 2)),
    "single": np.array(3.0),
}


@pytest.mark.parametrize(
    ("write", "mapped"),
    [
        (archives.write, {"single", "no rows"}),
        (lambda path, found: np.savez(path, **found), {"single", "no rows"}),
        (lambda path, found: np.savez_compressed(path, **found), set(ARRAYS)),
    ],
)
def test_arrays_are_what_was_written(tmp_path, write, mapped):
    path = tmp_path / "a.npz"
    write(path, ARRAYS)
    found = archives.read(path)
    assert found.keys() == ARRAYS.keys()
    in_memory = {k for k, x in found.items() if not isinstance(x, np.memmap)}
    assert in_memory == mapped
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.mark.parametrize("at_a_time", [1, 30, 2**25])
def test_what_is_compressed_and_large_is_unpacked(
    at_a_time, tmp_path, monkeypatch
):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **ARRAYS)
    monkeypatch.setattr(archives, "BYTES", at_a_time)
    monkeypatch.setattr(pieces, "free_bytes", lambda: 1000)
    found = archives.read(path)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        is_mapped = isinstance(found[name], np.memmap)
        assert is_mapped == (name not in ("single", "no rows"))


@pytest.mark.parametrize("free", [0, 10**12])
@pytest.mark.parametrize("damage", ["a flipped bit", "an early end", "a row"])
def test_compressed_arrays_that_are_damaged(
    damage, free, tmp_path, monkeypatch
):
    monkeypatch.setattr(pieces, "free_bytes", lambda: free)
    path = tmp_path / "a.npz"
    values = np.random.default_rng(0).integers(0, 256, 9999, np.uint8)
    np.savez_compressed(path, x_train=values)
    with zipfile.ZipFile(path) as archive:
        contents = archive.read("x_train.npy")
    if damage == "a flipped bit":
        whole = bytearray(path.read_bytes())
        whole[5000] ^= 1
        path.write_bytes(whole)
    else:
        cut = -1 if damage == "a row" else 500
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x_train.npy", contents[:cut])
    with pytest.raises(InputError, match=r"a\.npz cannot be read"):
        archives.read(path)


def test_what_is_written_is_aligned_and_numpy_reads_it(tmp_path):
    path = tmp_path / "a.npz"
    archives.write(path, ARRAYS)
    assert all(
        x.ctypes.data % 64 == 0
        for x in archives.read(path).values()
        if isinstance(x, np.memmap)
    )
    with np.load(path) as found:
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_file_that_is_cut(tmp_path, kept):
    path = tmp_path / "a.npz"
    archives.write(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"a\.npz cannot be read"):
        archives.read(path)
