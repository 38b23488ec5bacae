"""What configs of all trainers must be like, one table for all of them."""

import functools
import json

import ml_collections
import numpy as np
import pytest

from normzoo.configs import default, gan_default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.common.structures import flatten
from normzoo.trainers.comparison.trainers import TRAINERS
from normzoo.trainers.run.rundir import RunDir, differences
from normzoo.trainers.run.settings import Settings
from normzoo.trainers.supervised.settings import knob_defaults

NAN = float("nan")

#: Key, a value that is no good, and what is said of it; with any trainer that
#: has the key.
COMMON = [
    ("epochs", 0, "positive"),
    ("epochs", 2.5, "a whole number"),
    ("epochs", True, "a whole number"),
    ("epochs", "3", "a whole number"),
    ("log_every_steps", 0, "positive"),
    ("validate_every_epochs", -1, "positive"),
    ("steps_per_execution", 0, "positive"),
    ("batch_size", "32", "a whole number"),
    ("seed", -1, "0 to 4294967295"),
    ("seed", 2**32, "0 to 4294967295"),
    ("seed", None, "a whole number"),
    ("deterministic", "yes", "True or False"),
    ("jit_compile", 1, "True or False"),
    ("precision", 16, "a string"),
    ("dataset.window", 0, "positive"),
    ("dataset.train_share", 0.0, "above 0 and at most 1"),
    ("dataset.train_share", 1.5, "above 0 and at most 1"),
    ("dataset.image_size", -1, "at least 0"),
    ("dataset.split_seed", -2, "-1 to 4294967295"),
    ("dataset.name", 3, "a string"),
    ("checkpoint.keep", 0, "positive"),
    ("checkpoint.every_seconds", NAN, "a finite number"),
    ("checkpoint.every_seconds", -1.0, "at least 0"),
    ("checkpoint.every_steps", -1, "at least 0"),
    ("checkpoint.best", "val_frechte", "val_frechte"),
    ("checkpoint.best_mode", "up", "max, min"),
    ("compare.tune.seeds", 0, "positive"),
    ("compare.tune.first_seed", -1, "0 to 4294967295"),
]
RATES = [
    ("learning_rate", NAN, "a finite number"),
    ("learning_rate", float("inf"), "a finite number"),
    ("learning_rate", "0.1", "a number"),
    ("learning_rate", True, "a number"),
    ("learning_rate", -0.1, "at least 0"),
    ("weight_decay", -1.0, "at least 0"),
    ("momentum", -0.5, "at least 0"),
    ("clipnorm", -1.0, "at least 0"),
    ("adaptive_clipping", -0.01, "at least 0"),
    ("adaptive_clipping", NAN, "a finite number"),
    ("warmup_steps", 0.5, "a whole number"),
    ("name", None, "a string"),
]
OWN = {
    "classifier": [
        ("evaluation_batch_size", 0, "positive"),
        ("population.examples", -1, "at least 0"),
        ("compare.least.accuracy", -0.1, "at least 0"),
        ("compare.least.loss", NAN, "a finite number"),
        ("compare.least.bits_per_character", -1.0, "at least 0"),
        ("compare.least.root_mean_squared_error", -1.0, "at least 0"),
        ("compare.least.mean_absolute_error", -1.0, "at least 0"),
        ("probe_every_epochs", 0, "positive"),
        ("probe", "f1", "landscape, layers"),
        ("task", "ranking", "classification, characters"),
        ("callbacks", 3, "a string"),
    ],
    "gan": [
        ("conditional", "yes", "True or False"),
        ("ema_decay", 1.0, r"in \[0, 1\)"),
        ("ema_decay", -0.1, r"in \[0, 1\)"),
        ("ema_decay", NAN, "a finite number"),
        ("generator.base_width", 0, "positive"),
        ("generator.latent_dim", 0, "positive"),
        ("generator.reestimate", "no", "True or False"),
        ("generator.condition", "noise", "norm, input"),
        ("discriminator.base_width", 0, "positive"),
        ("discriminator.updates", 0, "positive"),
        ("discriminator.condition", "input", "projection, auxiliary"),
        ("discriminator.batch", "both", "separate, joint"),
        ("discriminator.statistics", "none", "both, real, fake"),
        ("loss.name", "wgan", "hinge"),
        ("loss.on_nan", "stop", "raise, restore, ignore"),
        ("loss.penalty", -1.0, "at least 0"),
        ("loss.label_smoothing", 0.5, r"in \[0, 0\.5\)"),
        ("augmentation", "color, cutout", "color, translation, cutout"),
        ("augmentation", "cutout,cutout", "must name different ones"),
        ("regularizers.r1.weight", -1.0, "at least 0"),
        ("regularizers.r2.weight", -0.1, "at least 0"),
        ("regularizers.r1.every", 0, "positive"),
        ("regularizers.r2.every", 0, "positive"),
        ("regularizers.gradient_penalty.weight", -1.0, "at least 0"),
        ("regularizers.gradient_penalty.every", 0, "positive"),
        ("metrics.samples", 0, "positive"),
        ("metrics.neighbors", 0, "positive"),
        ("metrics.feature_units", 0, "positive"),
        ("metrics.classifier_epochs", 0, "positive"),
        ("metrics.seed", -1, "0 to 4294967295"),
        ("metrics.features", "pixels", "classifier, raw"),
        ("metrics.split", "all", "train, validation, test"),
        ("networks", "gan", "dcgan, sngan, r3gan, toy"),
        ("steps_per_epoch", -1, "at least 0"),
        ("compare.least.frechet", -1.0, "at least 0"),
        ("compare.least.kernel", -1.0, "at least 0"),
        ("compare.least.precision", -1.0, "at least 0"),
        ("compare.least.recall", -1.0, "at least 0"),
        ("compare.least.class_coverage", -1.0, "at least 0"),
        ("compare.least.class_entropy", -1.0, "at least 0"),
        ("compare.least.class_frechet", -1.0, "at least 0"),
        ("compare.least.class_accuracy", -1.0, "at least 0"),
        ("compare.least.mode_kl", -1.0, "at least 0"),
        ("compare.least.modes", NAN, "a finite number"),
        ("compare.least.good", -1.0, "at least 0"),
    ],
    "latency": [("latency.repeats", 0, "positive")],
}


def rows():
    """Yields the name of a trainer and a row of its table."""
    for name, trainer in TRAINERS.items():
        optimizers = trainer.settings.optimizers
        rates = [(f"{o}.{k}", *rest) for o in optimizers for k, *rest in RATES]
        for row in [*COMMON, *rates, *OWN[name]]:
            yield pytest.param(name, *row, id=f"{name}-{row[0]}-{row[1]}")


def with_value(config, key, value):
    """Returns a config with a value that no type has been asked for."""
    nested = config.to_dict()
    *parts, last = key.split(".")
    functools.reduce(dict.__getitem__, parts, nested)[last] = value
    return ml_collections.ConfigDict(nested)


@pytest.mark.parametrize(("name", "key", "value", "message"), list(rows()))
def test_a_value_that_is_no_good(name, key, value, message, tmp_path):
    trainer = TRAINERS[name]
    config = with_value(trainer.settings.defaults(), key, value)
    key = key.rpartition(".")[2]
    pattern = f"{key}.*{message}"
    for use in (
        lambda: trainer.train(config, tmp_path / "run", verbose=0),
        lambda: trainer.check([config]),
    ):
        with pytest.raises(InputError, match=pattern) as raised:
            use()
        assert repr(value) in str(raised.value)
        assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", TRAINERS)
def test_each_number_has_a_range(name):
    """No key of a number that can be negative or 0 is forgotten."""
    trainer = TRAINERS[name]
    numbers = {
        key
        for key, value in flatten(trainer.settings.defaults().to_dict()).items()
        if type(value) in (int, float) and not key.startswith("model.")
    }
    rates = {f"{o}.{k}" for o in trainer.settings.optimizers for k, *_ in RATES}
    tested = {key for key, *_ in [*COMMON, *OWN[name]]} | rates
    if name == "latency":
        tested |= {key for key, *_ in OWN["classifier"]}
    # `pooling` is checked with the images; beta_1 may be negative.
    numbers -= {"dataset.pooling", "generator.optimizer.beta_1"}
    assert numbers - {"discriminator.optimizer.beta_1"} <= tested


@pytest.mark.parametrize("name", TRAINERS)
def test_numpy_numbers_are_numbers(name):
    settings = TRAINERS[name].settings
    plain, config = settings.defaults(), settings.defaults()
    rate = f"{settings.optimizers[0]}.learning_rate"
    for key, value in (
        ("seed", np.int64(3)),
        (rate, np.float64(0.5)),
        ("epochs", np.uint8(2)),
        ("checkpoint.every_seconds", np.float32(0.5)),
        ("deterministic", np.True_),
    ):
        config = with_value(config, key, value)
        plain = with_value(plain, key, value.item())
    checked = settings.checked(config)
    assert checked == plain
    assert type(checked.seed) is int
    assert json.dumps(settings.resolve(config)) == json.dumps(
        settings.resolve(plain)
    )
    assert type(config.seed) is np.int64  # The caller's stays as it is.


@pytest.mark.parametrize("name", TRAINERS)
def test_keys_that_are_missing(name):
    settings = TRAINERS[name].settings
    config = settings.defaults()
    with config.unlocked():
        del config.checkpoint.keep, config.epochs
    with pytest.raises(InputError, match=r"2 keys: checkpoint\.keep, epochs"):
        settings.checked(config)
    with pytest.raises(InputError, match=r"is a dict.*get_config\(\)"):
        settings.checked({})


@pytest.mark.parametrize("name", TRAINERS)
def test_a_run_of_an_older_version_goes_on(name, tmp_path):
    """Each key may be one that the older version did not have."""
    trainer = TRAINERS[name]
    config = trainer.settings.defaults()
    for key, done in trainer.settings.older.items():
        config = with_value(config, key, done)
    resolved = trainer.resolve(config)
    for key in flatten(resolved):
        if key in ("model.name", "model.norm"):
            continue  # without these there is no model, or another one
        held = json.loads(json.dumps(resolved))
        *parts, last = key.split(".")
        del functools.reduce(dict.__getitem__, parts, held)[last]
        folder = tmp_path / key
        trainer.rundir(config, folder).path.mkdir()
        (folder / "config.json").write_text(json.dumps({"config": held}))
        trainer.rundir(config, folder).check(resolved)
    changed = {**held, "seed": 7}
    (folder / "config.json").write_text(json.dumps({"config": changed}))
    with pytest.raises(InputError, match="seed: 7 there, 0 now"):
        trainer.rundir(config, folder).check(resolved)


@pytest.mark.parametrize("name", TRAINERS)
def test_what_older_versions_did_otherwise_is_a_difference(name, tmp_path):
    trainer = TRAINERS[name]
    config = trainer.settings.defaults()
    resolved = trainer.resolve(config)
    for key, done in trainer.settings.older.items():
        held = json.loads(json.dumps(resolved))
        *parts, last = key.split(".")
        now = functools.reduce(dict.__getitem__, parts, held).pop(last)
        assert now != done
        rundir = trainer.rundir(config, tmp_path / key)
        rundir.path.mkdir()
        (rundir.path / "config.json").write_text(json.dumps({"config": held}))
        with pytest.raises(InputError, match=f"{key}: {done} there, {now} now"):
            rundir.check(resolved)


def test_another_value_than_the_default_is_a_difference(tmp_path):
    resolved = {"seed": 0, "task": "characters", "model": {"residual": True}}
    defaults = {"task": "", "model.residual": False}
    assert differences({"seed": 0}, resolved, defaults) == [
        "model.residual: False there, True now",
        "task: '' there, 'characters' now",
    ]
    assert not differences({"seed": 0}, {"seed": 0, "task": ""}, defaults)
    assert differences({}, {"seed": 0}, {}) == [
        "seed: '(not set)' there, 0 now"
    ]


def test_the_defaults_of_knobs_are_those_of_the_model():
    config = default.get_config()
    found = knob_defaults(config)
    assert found["model.residual"] is False
    assert found["model.norm_noise"] == 0.0  # of its hidden layers
    assert found["model.width"] == 128
    config.model.name = "cnn"
    assert knob_defaults(config)["model.width"] == 32
    config.model = default.get_recurrent_model()
    assert knob_defaults(config)["model.gamma_initializer"] is None
    config.model.name = "vgg"
    assert knob_defaults(config) == {}


def test_parts_of_ones_own():
    def defaults():
        return ml_collections.ConfigDict(
            {**gan_default.get_config().to_dict(), "mine": {"size": 1}}
        )

    settings = Settings(
        defaults=defaults,
        begin="mine",
        free={"mine": ("size",)},
        optimizers=(),
    )
    config = defaults()
    config.mine.other = 2
    assert settings.checked(config).mine.other == 2
    del config.mine.size
    with pytest.raises(InputError, match=r"1 keys: mine\.size"):
        settings.checked(config)


def test_parts_that_may_differ(tmp_path):
    rundir = RunDir(tmp_path)
    rundir.start({"seed": 0, "metrics": {"samples": 1}}, {})
    other = {"seed": 0, "metrics": {"samples": 2}}
    rundir.check(other, apart=("metrics",))
    with pytest.raises(InputError, match=r"metrics\.samples: 1 there, 2 now"):
        rundir.check(other)
