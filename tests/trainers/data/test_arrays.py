"""Arrays of the user's own."""

import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import array_files, arrays

RNG = np.random.default_rng(0)


def given(count=20, **others):
    found = {
        "x_train": RNG.normal(size=(count, 3)),
        "y_train": np.arange(count) % 4,
    }
    return {k: v for k, v in {**found, **others}.items() if v is not None}


def loaded(tmp_path, split_seed=0, **others):
    found = arrays.check(given(**others), "The data")
    path = array_files.write(found, tmp_path)
    return array_files.load(path, split_seed), found


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([0.5, 2]), np.float32),
        (np.array([7, 255], np.uint8), np.uint8),
        (np.array([-7, 255], np.int16), np.int16),
        (np.array([0.5, 2], np.float16), np.float16),
        (np.array([True, False]), bool),
        (np.array([7, 255], np.uint32), np.float32),
        (np.array([7, 255], np.int32), np.int64),
        (np.array([7, 2**40]), np.int64),
    ],
)
def test_numbers_stay_what_they_are(values, dtype):
    data = {"x_train": values, "y_train": np.array([0, 1])}
    found = arrays.check(data, "The data")["x_train"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, values)


def test_models_see_the_numbers_of_a_small_type_as_float32(tmp_path):
    pixels = RNG.integers(0, 256, (20, 3), np.uint8)
    small, _ = loaded(tmp_path, x_train=pixels)
    large, _ = loaded(tmp_path, x_train=pixels.astype(float))
    assert small.train.inputs.dtype == np.uint8
    for seen, expected in zip(
        small.train.seen(), large.train.seen(), strict=True
    ):
        assert seen.dtype == expected.dtype
        np.testing.assert_array_equal(seen, expected)
    # Models see the same, and so did older versions, which kept float32.
    assert len(list(tmp_path.iterdir())) == 1


def test_splits_of_types_that_models_see_alike(tmp_path):
    labels = np.arange(20) % 4
    data, _ = loaded(
        tmp_path,
        x_train=RNG.integers(0, 256, (20, 3), np.uint8),
        x_test=RNG.normal(size=(20, 3)),
        y_test=labels,
    )
    assert [x.seen()[0].dtype for x in data[:3]] == [np.float32] * 3


def test_data_that_are_damaged_are_refused(tmp_path):
    found = arrays.check(given(), "The data")
    path = array_files.write(found, tmp_path)
    assert array_files.write(found, tmp_path) == path
    content = bytearray(path.read_bytes())
    content[content.index(found["x_train"].tobytes())] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="are damaged"):
        array_files.write(found, tmp_path)


def test_a_fifth_is_held_out_for_each_split_that_is_not_given(tmp_path):
    data, found = loaded(tmp_path)
    sizes = [len(split.labels) for split in data[:3]]
    assert sizes == [13, 3, 4]
    assert data.num_classes == 4
    everything = np.concatenate([split.inputs for split in data[:3]])
    order = np.argsort(everything[:, 0])
    expected = np.argsort(found["x_train"][:, 0])
    np.testing.assert_array_equal(everything[order], found["x_train"][expected])
    # Stratified: one of each class.
    assert sorted(data.test.labels) == [0, 1, 2, 3]


def test_the_seed_draws_the_validation_split_alone(tmp_path):
    one, _ = loaded(tmp_path, count=100)
    other, _ = loaded(tmp_path, 1, count=100)
    assert one.test.inputs.shape == other.test.inputs.shape
    first, second = (
        set(map(tuple, split.inputs.tolist()))
        for split in (one.validation, other.validation)
    )
    assert first != second
    path = tmp_path / "same.npz"
    np.savez(path, **arrays.check(given(count=100), "The data"))
    tests = [array_files.load(path, seed).test.inputs for seed in (0, 1)]
    np.testing.assert_array_equal(*tests)


def test_what_is_given_stays(tmp_path):
    others = {
        f"{kind}_{split}": given(count=5)[f"{kind}_train"]
        for kind in "xy"
        for split in ("validation", "test")
    }
    data, found = loaded(tmp_path, 3, **others)
    for split in ("train", "validation", "test"):
        expected = found[f"x_{split}"]
        np.testing.assert_array_equal(getattr(data, split).inputs, expected)


def test_targets_that_are_no_classes(tmp_path):
    data, _ = loaded(tmp_path, y_train=RNG.normal(size=(20, 2)))
    assert data.num_classes == 0
    assert data.test.labels.shape == (4, 2)
    assert data.test.labels.dtype == np.float32


def test_bytes_are_texts():
    texts = np.array(["größer", "x"] * 10)
    found = arrays.checked_inputs(np.char.encode(texts, "utf-8"), "x_train")
    np.testing.assert_array_equal(found, texts)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"y_train": None}, "needs both x_train and y_train"),
        ({"x_test": np.ones((2, 3))}, "needs both x_test and y_test"),
        ({"y_train": np.arange(19)}, "20 examples and y_train has 19"),
        ({"y_train": np.array(["a"] * 20)}, "holds no numbers"),
        ({"x_train": np.array([b"\xff"] * 20)}, r"bytes that.*b'\\xff'"),
        ({"y_train": np.zeros(20, int)}, "nothing to learn"),
        ({"x_train": np.full((20, 3), np.nan)}, "not finite: 60 of 60"),
        ({"x_train": 3.0}, "single number"),
        (
            {"x_test": np.ones((2, 4)), "y_test": np.arange(2)},
            r"x_test has examples of shape \(4,\)",
        ),
        ({"x_test": np.ones((2, 3)), "y_test": np.ones(2)}, "y_test.*float32"),
    ],
)
def test_bad_arrays(others, words):
    with pytest.raises(InputError, match=words):
        arrays.check(given(**others), "The data")


def test_too_few_to_hold_some_out(tmp_path):
    with pytest.raises(InputError, match="too few to hold some out"):
        loaded(tmp_path, count=2, y_train=np.arange(2))


def test_a_file_that_holds_no_arrays(tmp_path):
    path = tmp_path / "data.npz"
    path.write_text("nothing")
    with pytest.raises(InputError, match="cannot be read"):
        array_files.load(path, 0)
