"""After `import normzoo` alone, Keras loads what the package has saved."""

import importlib
import json
import pathlib
import pkgutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import normzoo
from normzoo import zoo
from normzoo.configs import default, gaussians_gan
from normzoo.layers import ReferenceModel
from normzoo.trainers import classify, gan
from normzoo.trainers.supervised.metrics import BitsPerCharacter

from .layers.cases import CASES

GOLDEN = pathlib.Path(__file__).parent / "golden" / "models"
#: Loads models and compares their outputs, in a process that has not imported
#: more than this.
LOAD = """
import sys
{imports}
import numpy as np
for path in sys.argv[1:]:
    model = keras.saving.load_model(path)
    with np.load(path[: -len("keras")] + "npz") as held:
        x = [held[name] for name in sorted(held) if name.startswith("x")]
        y = np.asarray(model(x if len(x) > 1 else x[0], training=False))
        np.testing.assert_allclose(y, held["y"], rtol=1e-4, atol=1e-5)
"""


def load_elsewhere(paths, imports="import normzoo, keras"):
    code = LOAD.format(imports=imports)
    subprocess.run(
        [sys.executable, "-c", code, *map(str, paths)],
        check=True,
        # The checkout itself must not be on the path.
        cwd=pathlib.Path(normzoo.__file__).anchor,
    )


@pytest.mark.slow
def test_files_of_an_older_version_load():
    load_elsewhere(sorted(GOLDEN.glob("*.keras")), "import keras, normzoo")


@pytest.mark.slow
def test_a_search_for_keras_does_not_use_up_the_registration():
    load_elsewhere(
        [GOLDEN / "mlp.keras"],
        "import normzoo, importlib.util\n"
        "assert importlib.util.find_spec('keras').loader.get_source('keras')\n"
        "import keras, inspect\n"
        "assert type(keras.__loader__) is type(keras.layers.__loader__)\n"
        "assert 'keras' in inspect.getsource(keras)",
    )


def save(model, x, path):
    """Saves a model and what it makes of an array, or of a list of arrays."""
    model.save(path)
    y = np.asarray(model(x, training=False))
    several = x if isinstance(x, list) else [x]
    named = {f"x{i}": each for i, each in enumerate(several)}
    np.savez(path.with_suffix(".npz"), y=y, **named)
    return path


def every_layer(folder):
    """Saves a model of each layer and returns the files."""
    paths = []
    for case in {case.layer: case for case in CASES}.values():
        x = case.inputs()
        model = keras.Sequential([keras.Input(x.shape[1:]), case.make()])
        model.compile("sgd", "mse")
        paths.append(save(model, x, folder / f"{case.name}.keras"))
    return paths


def language_model(path):
    model = zoo.stacked_rnn((5,), 7, units=(4,), readout="each", dropout=0.1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy", BitsPerCharacter()])
    x = np.ones((2, 5), "int32")
    model.train_on_batch(x, x)
    return save(model, x, path)


def transformer(path):
    """Saves one without a norm, which has layers of its own in its place."""
    model = zoo.vit_tiny(
        (4, 4, 1),
        3,
        depth=1,
        width=8,
        head_width=4,
        patch_size=2,
        norm="none",
        branch_start="skip_init",
    )
    return save(model, np.ones((2, 4, 4, 1), "float32"), path)


@pytest.fixture
def small(data_dir):
    """A classifier that has all that files of classifiers may name."""
    config = default.get_config()
    config.dataset.data_dir = str(data_dir)
    config.model.update(depth=1, width=8, dropout=0.2, norm="virtual")
    config.model.norm_noise, config.model.weight_norm = 0.5, "spectral"
    config.optimizer.adaptive_clipping = 0.01
    config.epochs = 1
    return config


@pytest.fixture
def toy_gan():
    config = gaussians_gan.get_config()
    config.conditional = True
    config.generator.update(norm="virtual", base_width=8)
    config.discriminator.base_width = 8
    config.discriminator.weight_norm = "weight"
    config.batch_size, config.epochs, config.steps_per_epoch = 16, 1, 2
    config.metrics.samples = 100
    return config


@pytest.mark.slow
def test_every_layer_and_what_the_trainers_save_loads(small, toy_gan, tmp_path):
    classify.train(small, tmp_path / "classify", verbose=0)
    gan.train(toy_gan, tmp_path / "gan", verbose=0)
    paths = sorted(tmp_path.glob("*/checkpoints/*.keras"))
    assert [path.name for path in paths] == [
        "final.keras",
        "discriminator.keras",
        "generator.keras",
        "raw_generator.keras",
    ]
    for path in paths:
        model = keras.saving.load_model(path)
        x = [np.ones((2, *x.shape[1:]), x.dtype) for x in model.inputs]
        save(model, x if len(x) > 1 else x[0], path)
    text = language_model(tmp_path / "text.keras")
    images = transformer(tmp_path / "images.keras")
    load_elsewhere([*paths, *every_layer(tmp_path), text, images])


def all_modules():
    root = pathlib.Path(normzoo.__file__).parent
    for name in ("layers", "zoo", "trainers"):
        for module in pkgutil.walk_packages(
            [str(root / name)], f"normzoo.{name}."
        ):
            yield module.name


def test_every_registered_class_is_known():
    for name in all_modules():
        importlib.import_module(name)
    registered = {
        name.removeprefix("normzoo>"): value.__module__
        for name, value in keras.saving.get_custom_objects().items()
        if name.startswith("normzoo>")
    }
    known = {
        name: module
        for module, names in normzoo._SAVED.items()
        for name in names
    }
    assert registered.keys() == known.keys()
    for name, module in registered.items():
        assert f"{module}.".startswith(f"normzoo.{known[name]}.")


def test_stand_ins_pass_custom_objects_on():
    stand_in = normzoo._stand_in("layers", "ReferenceModel")

    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    model = keras.Sequential([keras.Input((2,)), Own()])
    config = ReferenceModel(model, np.zeros((3, 2))).get_config()
    copy = stand_in.from_config(json.loads(json.dumps(config)), {"Own": Own})
    assert isinstance(copy.model.layers[0], Own)
