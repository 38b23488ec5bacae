"""Whether two runs left the same: result, log, events, saved models."""

import json
import zipfile

import h5py
import numpy as np
from tensorflow.python.summary.summary_iterator import summary_iterator


def assert_equal(actual, expected):
    """Compares the workdirs of two finished runs, bit by bit."""
    assert result(actual) == result(expected)
    log = "metrics.jsonl"
    assert (actual / log).read_text() == (expected / log).read_text()
    for split in ("train", "validation"):
        assert curves(actual / split) == curves(expected / split)
    wanted, got = arrays(expected), arrays(actual)
    assert wanted.keys() == got.keys()
    for name, value in wanted.items():
        np.testing.assert_array_equal(got[name], value, name)


def result(workdir):
    return untimed(json.loads((workdir / "DONE").read_text()))


def untimed(held):
    """Returns a result without the times in it."""
    timeless = held | {"seconds": 0}
    if held.get("population"):
        timeless["population"] = held["population"] | {"seconds": 0}
    return timeless


def arrays(workdir):
    """Returns all arrays of the saved models, by file and name."""
    found = {
        (path.name, name): array
        for path in sorted((workdir / "checkpoints").glob("*.keras"))
        for name, (array, _) in weights(path).items()
        if array is not None
    }
    assert found
    return found


def weights(path):
    """Returns name -> array, None of a group, and attributes, of a model."""
    found = {}

    def keep(name, item):
        array = item[()] if isinstance(item, h5py.Dataset) else None
        found[name] = array, dict(item.attrs)

    with zipfile.ZipFile(path) as archive:
        h5py.File(archive.open("model.weights.h5")).visititems(keep)
    return found


def curves(folder):
    """Returns tag -> list of (step, value), in the order of reading."""
    found = {}
    for file in sorted(folder.glob("events.out.tfevents.*")):
        for event in summary_iterator(str(file)):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(
                    (event.step, value.tensor.tensor_content)
                )
    return found
