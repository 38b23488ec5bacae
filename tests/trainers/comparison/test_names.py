"""The runs of a sweep have short, different, lasting names."""

import json

import ml_collections
import numpy as np
import pytest

from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison import names
from normzoo.trainers.comparison.sweep import plan
from normzoo.trainers.run.rundir import RunDir

RATE = "optimizer.learning_rate"

#: The values of one key, and what stands for them in the names.
VALUES = {
    "Python's": ([0.001, 0.01], ["0.001", "0.01"]),
    "NumPy's": (np.logspace(-3, -2, 2), ["0.001", "0.01"]),
    "logspace": (np.logspace(-3, -2, 3), ["0.001", "0.003162", "0.01"]),
    "tiny": ([1e-5, 10**-4.5], ["1e-05", "3.162e-05"]),
    "near": ([0.123456789, 0.123456788], ["0.123456789", "0.123456788"]),
    "one bit": ([0.1 + 0.2, 0.3], ["0.30000000000000004", "0.3"]),
    "alone": ([0.1 + 0.2], ["0.3"]),
    "float32": ([np.float32(0.1)], ["0.1"]),
    "array": ([np.array(0.25)], ["0.25"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_numbers_in_names(config, name):
    values, expected = VALUES[name]
    runs = plan(
        config, ({RATE: value, "seed": np.int64(0)} for value in values)
    )
    assert [run.name for run in runs] == [
        f"learning_rate={text},seed=0" for text in expected
    ]
    for run, value in zip(runs, values, strict=True):
        assert run.config.optimizer.learning_rate == value
        assert type(run.overrides[RATE]) is float
        assert type(run.seed) is int
        json.dumps(run.config.to_dict())


def test_other_values_from_numpy(config):
    config.model.units = (1,)
    (run,) = plan(
        config,
        [
            {
                "model.units": (np.int64(8), np.float64(1 / 3)),
                "jit_compile": np.bool_(True),
                "model.norm": np.str_("layer"),
                "epochs": np.int32(3),
            }
        ],
    )
    assert run.name == (
        "units=(8, 0.3333),jit_compile=True,norm=layer,epochs=3,seed=0"
    )
    assert type(run.config.epochs) is int
    assert run.config.jit_compile is True


def test_a_whole_part_may_hold_numpy_numbers(config):
    part = ml_collections.ConfigDict({"name": "a", "rates": (np.float32(1),)})
    (run,) = plan(config, [{"model": part}])
    assert run.name == "model=a,seed=0"
    json.dumps(run.config.to_dict())


@pytest.mark.parametrize(
    "value",
    ["long" * 50, "ü" * 150, "語" * 90],
    ids=["ASCII", "2 bytes", "3 bytes"],
)
def test_long_names_are_shortened(config, value, tmp_path):
    def runs():
        return plan(
            config,
            [
                {"model.norm": value + end, "seed": seed}
                for end in "ab"
                for seed in (0, 1)
            ],
        )

    found = [run.name for run in runs()]
    assert len(set(found)) == 4
    assert [run.name for run in runs()] == found  # and in another process:
    assert names.folder_name("x" * 300, "seed=0").endswith("~90ccfb79e7,seed=0")
    for run in runs():
        assert len(run.name.encode()) <= names.MOST_BYTES
        assert run.name.endswith(f",seed={run.seed}")
        assert run.variant == f"norm={value}{run.settings['norm'][-1]}"
        with RunDir(tmp_path / run.name).held():
            pass  # the folder can be made


def test_a_sweep_of_many_keys_can_start(config, tmp_path):
    config.many = ml_collections.ConfigDict(
        {f"a_key_with_a_name_{i}": 0 for i in range(15)}
    )
    overrides = [{f"many.{key}": i for key in config.many} for i in (1, 2)]
    runs = plan(config, overrides)
    for run in runs:
        assert RunDir(tmp_path / run.name).result({}) is None
    assert runs[0].name != runs[1].name


def test_what_cannot_be_read_is_not_called_damaged(tmp_path):
    (tmp_path / "DONE").mkdir()
    with pytest.raises(InputError, match=r"DONE cannot be read: .*directory"):
        RunDir(tmp_path).result({})
    with pytest.raises(InputError, match=r"cannot be read: .*too long"):
        RunDir(tmp_path / ("x" * 300)).result({})
