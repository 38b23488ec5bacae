"""What every claim can set, and what judges have in common.

A claim is a config with more functions than `get_config()`: `sweep()` yields
the runs, each for all seeds; `judge(trials)` returns the effect of each seed;
`curves(trials)` what is plotted, `observe(trials)` other numbers by seed, and
`chosen(trials)`, which a claim that tunes nothing may leave out, the settings
that were chosen. All of them see the trials of one data set.

The effect of a seed depends on that seed's trials alone: rates and targets are
those of the seed, never of a mean over seeds. A training that diverged is never
left out: it counts as the worst, by whatever is measured.
"""

import itertools

import ml_collections

from normzoo.configs import default, digits_dcgan
from normzoo.configs.claims._choices import (
    RATE,
    best_accuracy,
    best_of,
    chosen,
    chosen_at_each,
    fastest,
    steps_to_target,
    trains,
    tuned,
    tuned_at_each,
    tuned_gans,
)
from normzoo.configs.claims._trials import (
    FARTHEST,
    LARGEST,
    accuracy,
    by_seed,
    curves,
    difference,
    diverged,
    frechet,
    gan_metric,
    less_distance,
    mean,
    mean_effect,
    only,
    seeds,
    select,
    steps_to,
    test_accuracy,
    values,
)

__all__ = [
    "FARTHEST",
    "LARGEST",
    "MOMENTUM",
    "RATE",
    "accuracy",
    "at_rates",
    "best_accuracy",
    "best_of",
    "by_seed",
    "chosen",
    "chosen_at_each",
    "curves",
    "difference",
    "diverged",
    "fastest",
    "frechet",
    "gan_metric",
    "get_config",
    "get_gan_config",
    "get_recurrent_config",
    "grid",
    "less_distance",
    "mean",
    "mean_effect",
    "only",
    "seeds",
    "select",
    "steps_to",
    "steps_to_target",
    "test_accuracy",
    "trains",
    "tuned",
    "tuned_at_each",
    "tuned_gans",
    "values",
    "with_claim",
]

MOMENTUM = 0.9  # of batch norm's moving statistics


def get_config():
    config = default.get_config()
    # With Keras' 0.99, moving statistics are late in runs of few steps, which
    # would tell of them and not of training.
    config.model.norm_arguments = {"batch": {"momentum": MOMENTUM}}
    config.steps_per_execution = 125
    config.log_every_steps = 1000
    config.validate_every_epochs = 1000  # at the end, if nothing else counts
    config.checkpoint.every_seconds = 0.0  # the runs are short
    config.checkpoint.best = ""
    return with_claim(config)


def get_recurrent_config():
    config = get_config()
    config.dataset.view = "rows"
    config.model = default.get_recurrent_model()
    config.model.momentum = MOMENTUM
    config.batch_size = 64
    # Faster, at the price of bitwise equal runs.
    config.jit_compile = True
    config.deterministic = False
    # A process that has been deterministic stays so, and a quick run is one.
    config.claim.quick.jit_compile = False
    config.claim.quick.deterministic = True
    return config


def get_gan_config(config=None):
    config = with_claim(config or digits_dcgan.get_config())
    config.checkpoint.best = ""
    claim = config.claim
    claim.datasets = ("digits",)
    claim.quick.steps_per_epoch = 2
    return config


def with_claim(config):
    """Adds what `normzoo.trainers.claims` reads to a config."""
    claim = config.claim = ml_collections.ConfigDict()
    claim.name = ""  # of the config
    claim.number = 0  # in the table of claims
    claim.sentence = ""
    claim.measured = ""  # what judge() returns, with its unit
    claim.minimal = 0.0  # the effect that counts is larger than that
    claim.limits = ""  # what the experiment cannot tell
    claim.datasets = ("digits", "mnist1d")
    # The split, such as "train[:1500]", where --config.dataset.name says that
    # the claim is judged on another data set.
    claim.elsewhere = ""
    claim.first_seed = 0
    # Numbers of seeds after which there are verdicts; data sets without one
    # alone go on.
    claim.looks = (10, 20)
    claim.alone = False  # whether runs side by side would disturb each other
    claim.axes = ("", "")  # of the plot; a "log " in front means what it says
    claim.quick = ml_collections.ConfigDict()  # what --quick sets
    claim.quick.epochs = 1
    # Several in a call are slower to trace than these few to run.
    claim.quick.steps_per_execution = 1
    claim.quick_only = ()  # (key, values): what it leaves of the sweep
    return config


def at_rates(rates, sweep):
    """Yields the overrides of a sweep at each rate, which is both players'.

    Args:
        rates: learning rates.
        sweep: dicts of overrides.
    """
    for settings, rate in itertools.product(sweep, rates):
        yield {
            **settings,
            RATE: rate,
            "discriminator.optimizer.learning_rate": rate,
        }


def grid(settings):
    """Yields the overrides of all combinations of some settings.

    Args:
        settings: config key -> values. Those of the last keys change fastest.
    """
    for point in itertools.product(*settings.values()):
        yield dict(zip(settings, point, strict=True))
