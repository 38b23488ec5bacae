"""Runs whose data are on the disk train together as those in memory do."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from normzoo.trainers.data import array_files
from normzoo.trainers.data.disk import archives, pieces
from normzoo.trainers.run.session import Session
from normzoo.trainers.together import pools

from .group_runs import TOLERANCE, alone, assert_same, changed, together

IMAGES, LABELS = load_digits(return_X_y=True)
#: Of each run; the second one has a validation split of its own.
RUNS = (
    {"seed": 0, "optimizer.learning_rate": 1e-2, "dataset.split_seed": 0},
    {"seed": 1, "optimizer.learning_rate": 2e-3, "dataset.split_seed": 1},
    {"seed": 1, "optimizer.learning_rate": 1e-2, "dataset.split_seed": 1},
)
#: There are 10 in an epoch.
BATCH = 115
#: What is read at a time: about as many batches of all runs.
BATCHES = (1, 5, 1000)


@pytest.fixture
def configs(config, tmp_path):
    path = tmp_path / "digits.npz"
    images = IMAGES.astype("uint8").reshape(-1, 8, 8, 1)
    archives.write(path, {"x_train": images, "y_train": LABELS})
    config.model.width, config.epochs, config.batch_size = 8, 2, BATCH
    config.evaluation_batch_size = 150
    config.dataset.name = str(path)
    config.model.norm = "batch"
    return [changed(config, run) for run in RUNS]


@pytest.fixture
def on_disk(monkeypatch):
    """Returns a function after which data are on the disk."""

    def begin(batches=BATCHES[1]):
        array_files._given.cache_clear()
        array_files._loaded.cache_clear()
        monkeypatch.setattr(pieces, "free_bytes", lambda: 1000)
        size = batches * len(RUNS) * BATCH * (64 + 8)
        monkeypatch.setattr(pools, "BYTES", size)

    yield begin
    array_files._given.cache_clear()
    array_files._loaded.cache_clear()


@pytest.mark.slow
# Call by call it is the program that is stacked, but for XLA.
@pytest.mark.parametrize("mode", ["stacked", "side_by_side"])
def test_they_end_as_those_in_memory(mode, configs, tmp_path, on_disk):
    root = tmp_path / "runs"
    with Session(reuse_models=True) as session:
        together(configs, root / "memory", session, mode)
        on_disk()
        assert array_files.load(configs[0].dataset.name, 0).train.is_on_disk
        together(configs, root / "disk", session, mode)
        alone(configs[1], root / "alone", session)
    for run in "012":
        assert_same(root / "disk" / run, root / "memory" / run, 0)
    assert_same(root / "disk/1", root / "alone", TOLERANCE[mode])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("batches", "every"),
    # Fewer than the steps of a call, some calls' steps, and all there are.
    [(BATCHES[0], 2), (BATCHES[1], 1), (BATCHES[1], 2), (BATCHES[2], 1)],
)
def test_so_many_batches_are_read_at_a_time(
    batches, every, configs, tmp_path, on_disk
):
    root, mode = tmp_path / "runs", "call_by_call"
    configs = [changed(x, {"steps_per_execution": every}) for x in configs]
    with Session(reuse_models=True) as session:
        together(configs, root / "memory", session, mode)
        on_disk(batches)
        together(configs, root / "disk", session, mode)
    for run in "012":
        assert_same(root / "disk" / run, root / "memory" / run, 0)


def test_batches_are_those_of_arrays(configs, on_disk):
    def pools_of(split):
        data = [
            array_files.load(x.dataset.name, x.dataset.split_seed)
            for x in configs
        ]
        return pools.pool_of([getattr(each, split) for each in data])

    arrays = pools_of("train")
    on_disk()
    rows = pools_of("train")
    assert (rows.size, rows.most(BATCH, 9)) == (arrays.size, 5)
    assert (arrays.most(BATCH, 9), rows.most(BATCH, 3)) == (9, 3)
    orders = np.random.default_rng(0).integers(0, rows.size, (3, 9, BATCH))
    for start, stop in ((0, 1), (2, 7), (7, 9)):
        found, first = rows.upcoming(orders, start, stop, 5)
        others, other_first = arrays.upcoming(orders, start, stop, 9)
        assert found[0].shape == (3, 5, BATCH, 8, 8, 1)
        for step in range(start, stop):
            batch = rows.batch_of(found, step - first)
            expected = arrays.batch_of(others, step - other_first)
            for x, y in zip(batch, expected, strict=True):
                assert x.dtype == y.dtype
                np.testing.assert_array_equal(x, y)
    for x, y in zip(
        rows.batch(np.arange(7)), arrays.batch(np.arange(7)), strict=True
    ):
        np.testing.assert_array_equal(x, y)
