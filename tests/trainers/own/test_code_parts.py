"""A run is not continued with other code of a user's own."""

import sys
import types

import keras
import pytest

from normzoo import layers
from normzoo.configs import default, gan_default
from normzoo.layers import lookup, registry
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.own_arguments import find_model
from normzoo.trainers.gans import trainer as gans
from normzoo.trainers.own import files, norms
from normzoo.trainers.supervised.trainer import TRAINER

CODE = """
import keras

register = keras.saving.register_keras_serializable("test_code_parts")
LEAST = 0.1

@register
class Scale(keras.layers.Layer):
    def call(self, x):
        return 2.0 * x

@register
def ramp(x):
    return keras.ops.maximum(x, LEAST)

@register
class Half(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, 0.5, dtype)

@register
def cubic(y, outputs):
    return keras.ops.mean(abs(y - outputs) ** 3, -1)

@register
class Squares(keras.losses.Loss):
    def call(self, y, outputs):
        return 3.5 * (y - outputs) ** 2

@register
def within(y, outputs):
    return keras.ops.abs(y - outputs) < 0.25

@register
class Most(keras.metrics.Mean):
    def update_state(self, y, outputs, sample_weight=None):
        return super().update_state(4.5 * outputs)

@register
class Slow(keras.optimizers.SGD):
    factor = 5.5

@register
class Network(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scale, self.last = Scale(), keras.layers.Dense(1)

    def call(self, x):
        return self.last(self.scale(x)) + 6.5

def graph(loss="mse", metric="mae", optimizer="sgd"):
    layers = [
        keras.Input((3,)),
        Scale(),
        keras.layers.Dense(2, ramp, kernel_initializer=Half()),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer, loss, metrics=[metric])
    return model

def network():
    model = Network()
    model(keras.ops.ones((1, 3)))
    model.compile("sgd", "mse")
    return model
"""
#: What was changed -> the model, the change, and the part that is named.
CHANGES = {
    "layer": ("graph()", "2.0 * x", "layer Scale"),
    "activation": ("graph()", "maximum(x", "layer ramp"),
    "what a function names": ("graph()", "LEAST = 0.1", "layer ramp"),
    "initializer": ("graph()", "shape, 0.5", "layer Half"),
    "loss": ("graph(cubic)", "** 3", "loss cubic"),
    "class of a loss": ("graph(Squares())", "3.5", "loss Squares"),
    "metric": ("graph(metric=within)", "0.25", "metric within"),
    "class of a metric": ("graph(metric=Most())", "4.5", "metric Most"),
    "optimizer": ("graph(optimizer=Slow())", "5.5", "optimizer Slow"),
    "model": ("network()", "6.5", "model Network"),
    "layer of a model": ("network()", "2.0 * x", "layer Scale"),
}
OTHERS = {"maximum(x": "maximum(1.0 * x", "LEAST = 0.1": "LEAST = 0.2"}


@pytest.fixture(autouse=True)
def _nothing_is_registered():
    yield
    known = keras.saving.get_custom_objects()
    for name in [name for name in known if name.startswith("test_code_parts")]:
        del known[name]


def module(code):
    made = types.ModuleType("made_for_test")
    exec(code, vars(made))
    return made


def resolved(make, code, models, folder):
    keras.utils.set_random_seed(0)
    model = eval(make, vars(module(code)))
    config = default.get_config()
    config.task = "compiled"
    path = str(files.save(find_model(model), models, "fresh"))
    config.model = {
        "name": "normzoo.trainers.own.models:build",
        "path": path,
        "norm": "as_is",
        "start": "fresh",
    }
    return TRAINER.resolve(config), TRAINER.rundir(config, folder)


@pytest.mark.quick("layer", "loss", "layer of a model")
@pytest.mark.parametrize("name", CHANGES)
def test_a_run_with_other_code_is_refused_by_what_changed(name, tmp_path):
    make, old, part = CHANGES[name]
    folders = tmp_path / "models", tmp_path / "run"
    for folder in folders:
        folder.mkdir()
    new = OTHERS.get(old, old.replace("5", "4").replace("2.0", "3.0"))
    new = new.replace("** 3", "** 4")
    held, rundir = resolved(make, CODE, *folders)
    rundir.start(held, {})
    again, rundir = resolved(make, CODE + "\n# A comment.", *folders)
    rundir.check(again)
    changed, rundir = resolved(make, CODE.replace(old, new), *folders)
    words = rf"(?s)code of {part}: '[0-9a-f]{{12}}' there, .*another workdir"
    with pytest.raises(InputError, match=words):
        rundir.check(changed)


BUILDER = """
import keras

def build(input_shape, num_classes, *, seed):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(),
        keras.layers.Dense(num_classes, kernel_initializer="zeros")])
"""


def test_a_function_that_builds_another_model_is_refused(tmp_path):
    file, folder = tmp_path / "mine.py", tmp_path / "run"
    folder.mkdir()
    config = default.get_config()
    config.model = {"name": f"{file}:build"}
    file.write_text(BUILDER)
    held, rundir = (
        TRAINER.resolve(config),
        TRAINER.rundir(config, folder),
    )
    rundir.start(held, {})
    rundir.check(TRAINER.resolve(config))
    other = tmp_path / "other.py"
    other.write_text(BUILDER.replace("zeros", "ones"))
    config.model.name = f"{other}:build"
    with pytest.raises(InputError, match="code of model build"):
        TRAINER.rundir(config, folder).check(TRAINER.resolve(config))


NORMS = """
import functools
import keras

register = keras.saving.register_keras_serializable("test_code_parts_norms")
GROUPS = 2

@register
def squashed(x):
    return keras.ops.tanh(0.1 * x)

@register
class Start(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return keras.ops.full(shape, 0.3, dtype)

class Base(keras.layers.Layer):
    def shift(self, x):
        return x - 0.7

@register
class Own(Base):
    def __init__(self, initializer=None, **kwargs):
        super().__init__(**kwargs)
        self.initializer = initializer or Start()
        self.function = squashed

    def call(self, x):
        return self.function(self.shift(x)) * 0.5

    def get_config(self):
        return super().get_config()

def make(name=None, **arguments):
    return keras.layers.GroupNormalization(GROUPS, name=name)

class Maker:
    def __call__(self, name=None):
        return keras.layers.GroupNormalization(8, name=name)

partial = functools.partial(make, axis=-1)
of_config = {
    "class_name": "Own", "config": {"name": "own"}, "module": None,
    "registered_name": "test_code_parts_norms>Own"}
"""
#: Case -> the norm, the change in the code, and the part that is named.
OF_NORMS = {
    "class": ("Own", ("0.5", "0.6"), "Own"),
    "base class": ("Own", ("0.7", "0.8"), "Own"),
    "function that it holds": ("Own", ("0.1 *", "0.2 *"), "squashed"),
    "initializer that it holds": ("Own", ("0.3", "0.4"), "Start"),
    "configuration": ("of_config", ("0.5", "0.6"), "Own"),
    "function": ("make", ("(GROUPS,", "(4,"), "make"),
    "what a function names": ("make", ("GROUPS = 2", "GROUPS = 3"), "make"),
    "partial of a function": ("partial", ("(GROUPS,", "(4,"), "make"),
    "object that is called": ("Maker()", ("ization(8", "ization(4"), "Maker"),
}
#: How a norm gets into a config.
WAYS = {
    "described": lambda norm: norms.described(norm),
    "registered": lambda norm: layers.register("mine", norm) or "mine",
    "named": lambda norm: f"made_for_norms:{norm.__name__}",
}
#: What other processes cannot make, only names of this one can stand for.
ALONE = ("object that is called",)
CASES = [(case, "registered") for case in OF_NORMS] + [
    *((case, "described") for case in OF_NORMS if case not in ALONE),
    ("class", "named"),
    ("function", "named"),
]


@pytest.fixture
def _no_norms(monkeypatch):
    monkeypatch.setattr(registry, "NORMS", dict(registry.NORMS))
    monkeypatch.setitem(sys.modules, "made_for_norms", None)


def config_of_norm(code, case, way, trainer):
    """Returns a config that names a norm as a process with this code would."""
    made = types.ModuleType("made_for_norms")
    sys.modules["made_for_norms"] = made
    exec(code, vars(made))
    norm = WAYS[way](eval(OF_NORMS[case][0], vars(made)))
    config = TRAINED[trainer][1]()
    sections = [config.get(each) for each in TRAINED[trainer][2]]
    for section in sections:
        with section.ignore_type():
            section.norm = norm
    return config


#: Trainer -> itself, its config, and the sections that have a norm.
TRAINED = {
    "supervised": (TRAINER, default.get_config, ("model",)),
    "generator": (gans.TRAINER, gan_default.get_config, ("generator",)),
    "discriminator": (gans.TRAINER, gan_default.get_config, ("discriminator",)),
}


@pytest.mark.usefixtures("_no_norms")
@pytest.mark.parametrize("trainer", TRAINED)
@pytest.mark.parametrize(("case", "way"), CASES)
def test_the_code_of_a_norm_is_part_of_a_run(case, way, trainer, tmp_path):
    _, change, part = OF_NORMS[case]

    def resolved(code):
        config = config_of_norm(code, case, way, trainer)
        trained = TRAINED[trainer][0]
        return trained.resolve(config), trained.rundir(config, tmp_path)

    held, rundir = resolved(NORMS)
    rundir.start(held, {})
    again, rundir = resolved(NORMS + "\n# A comment.")
    rundir.check(again)
    assert NORMS.count(change[0]) == 1
    changed, rundir = resolved(NORMS.replace(*change))
    words = rf"(?s)code of norm {part}: '[0-9a-f]{{12}}' there, .*another work"
    with pytest.raises(InputError, match=words):
        rundir.check(changed)


WEIGHT_NORM = """
import keras
from normzoo import layers

class Halved(keras.layers.Wrapper):
    def call(self, x):
        return self.layer(x) * 0.5

def halve(layer):
    return Halved(layer)
"""


@pytest.mark.parametrize("trainer", TRAINED)
def test_the_code_of_a_weight_norm_is_part_of_a_run(trainer, tmp_path):
    trained, get_config, (section,) = TRAINED[trainer]
    config = get_config()
    file = tmp_path / "mine.py"
    config[section].weight_norm = f"{file}:halve"

    def resolved(code):
        file.write_text(code)
        lookup._load.cache_clear()
        return trained.resolve(config)

    first = resolved(WEIGHT_NORM)
    assert resolved(WEIGHT_NORM + "\n# A comment.") == first
    changed = resolved(WEIGHT_NORM.replace("0.5", "0.6"))
    differing = {key for key in first if first[key] != changed[key]}
    assert differing == {"code of weight norm halve"}
