"""Trains `zoo.resnet` and PyTorch's twin of it side by side.

    python tests/zoo/torch/resnet.py --torch=PYTHON --data_dir=FOLDER

PYTHON is an interpreter that has PyTorch, FOLDER has a data set of TFDS. Both
networks begin with the same weights and see the same batches in the same
order. They are measured with the statistics of the training data. Rounding
alone makes them differ in the end, so PyTorch trains a second time with a start
that differs by a millionth: what this changes is no fault of either.
"""

import json
import pathlib
import subprocess
import tempfile

import keras
import numpy as np
from absl import app, flags

from normzoo import layers, zoo
from normzoo.configs import cifar10_resnet
from normzoo.trainers.data.loading import load_data

_TORCH = flags.DEFINE_string("torch", "python", "An interpreter with PyTorch.")
_DATA_DIR = flags.DEFINE_string("data_dir", None, "The folder of TFDS.")
_DATASET = flags.DEFINE_string("dataset", "cifar10", "Its name in TFDS.")
_SEEDS = flags.DEFINE_list("seeds", ["0", "1"], "Of start and order.")
_EXAMPLES = flags.DEFINE_integer("examples", 5000, "To train with.")
_TESTED = flags.DEFINE_integer("tested", 2000, "Of the test split.")
_EPOCHS = flags.DEFINE_integer("epochs", 3, "Of each training.")

#: The rate with which the paper warms up, for 400 steps.
_RATE, _MOMENTUM, _BATCH = 0.01, 0.9, 128
#: Batches to take the statistics from.
_ESTIMATED = 20
_TWIN = pathlib.Path(__file__).with_name("twin.py")
_NUDGES = ("0", "1e-6")


def main(_):
    """Prints a row for each seed and epoch."""
    data = _data()
    print("| seed | epoch | ours | PyTorch | PyTorch, start + 1e-6 |")
    print("| --- | --- | --- | --- | --- |")
    accuracies, losses = [], []
    for seed in map(int, _SEEDS.value):
        runs = _runs(data, seed)
        accuracies.append([[100 * a for a, _ in run] for run in runs])
        losses.append([run[0][1] for run in runs])
        _print_rows(seed, accuracies[-1])
    _print_rows("mean", np.mean(accuracies, 0))
    _print_differences(np.array(losses))


def _print_rows(name, runs):
    for epoch, row in enumerate(zip(*runs, strict=True)):
        cells = [name, epoch + 1, *(f"{accuracy:.1f}" for accuracy in row)]
        print("|", " | ".join(map(str, cells)), "|", flush=True)


def _print_differences(losses):
    """Prints how far apart the first steps are; (seeds, runs, steps)."""
    ours, twin, nudged = np.moveaxis(losses, 1, 0)
    for step in (1, 2, 3, 5):
        apart, by_nudge = (
            np.abs(other / twin - 1)[:, step - 1].max()
            for other in (ours, nudged)
        )
        print(
            f"Losses of step {step} differ by {apart:.0e}, those of both "
            f"trainings in PyTorch by {by_nudge:.0e}."
        )


def _data():
    config = cifar10_resnet.get_config()
    config.dataset.name = _DATASET.value
    if _DATA_DIR.value:
        config.dataset.data_dir = _DATA_DIR.value
    config.dataset.train_split = f"train[:{_EXAMPLES.value}]"
    config.dataset.validation_split = "train[45000:]"
    config.dataset.test_split = f"test[:{_TESTED.value}]"
    return load_data(config)


def _runs(data, seed):
    """Returns accuracy and losses of each epoch: ours, and both of PyTorch."""
    count = _EXAMPLES.value // _BATCH * _BATCH
    generator = np.random.default_rng(seed)
    orders = np.stack(
        [
            generator.permutation(_EXAMPLES.value)[:count].reshape(-1, _BATCH)
            for _ in range(_EPOCHS.value)
        ]
    )
    model = zoo.resnet((32, 32, 3), 10, norm="batch", seed=seed)
    start = {}
    for layer in model.layers:
        if layer.weights:
            start |= layers.torch_weights(layer, layer.name)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "data.npz")
        np.savez(
            path,
            images=data.train.inputs,
            labels=np.int64(data.train.labels),
            test_images=data.test.inputs,
            test_labels=np.int64(data.test.labels),
            orders=orders,
            rate=_RATE,
            momentum=_MOMENTUM,
            estimated=_ESTIMATED,
            names=list(start),
            **{f"start/{name}": value for name, value in start.items()},
        )
        twins = [
            subprocess.Popen(
                [_TORCH.value, _TWIN, path, nudge],
                stdout=subprocess.PIPE,
                text=True,
            )
            for nudge in _NUDGES
        ]
        ours = _train(model, data, orders)
        return [ours, *map(_results, twins)]


def _results(process):
    output, _ = process.communicate()
    if process.returncode:
        raise RuntimeError("PyTorch's training failed, see above.")
    return [json.loads(line) for line in output.splitlines()]


def _train(model, data, orders):
    model.compile(
        keras.optimizers.SGD(_RATE, momentum=_MOMENTUM),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    images, labels = _scaled(data.train.inputs), data.train.labels
    test_images, results = _scaled(data.test.inputs), []
    for order in orders:
        losses = [
            float(model.train_on_batch(images[batch], labels[batch]))
            for batch in order
        ]
        batches = images[order[:_ESTIMATED].ravel()]
        layers.reestimate_statistics(
            model, batches, layerwise=False, batch_size=_BATCH, verbose=0
        )
        logits = model.predict(test_images, batch_size=500, verbose=0)
        accuracy = (logits.argmax(1) == data.test.labels).mean()
        results.append([float(accuracy), losses])
    return results


def _scaled(pixels):
    return np.float32(pixels) / 255


if __name__ == "__main__":
    app.run(main)
