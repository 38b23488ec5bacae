"""What every claim can set, and what judges have in common.

A claim is a config with more functions than `get_config()`: `sweep()` yields
the runs, each for all seeds; `judge(trials)` returns the effect of each seed;
`curves(trials)` what is plotted, and `observe(trials)` other numbers by seed.
All three see the trials of one data set. A training that diverged is never left
out: it counts as the worst, by whatever is measured.
"""

import itertools

import ml_collections

from normzoo.configs import default, digits_dcgan

MOMENTUM = 0.9  # of batch norm's moving statistics
#: As a distance a diverged GAN counts as this one, and so does any larger one.
FARTHEST = 1000.0
#: The same of the size of a gradient, a weight or a logit: float32 ends there.
LARGEST = 1e38


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


def get_gan_config():
    config = with_claim(digits_dcgan.get_config())
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
    claim.first_seed = 0
    # Of each run. More where docs/claims.md says that a verdict needs more, if
    # they take no longer than six minutes.
    claim.seeds = 5
    claim.alone = False  # whether runs side by side would disturb each other
    claim.axes = ("", "")  # of the plot; a "log " in front means what it says
    claim.quick = ml_collections.ConfigDict()  # what --quick sets
    claim.quick.epochs = 1
    claim.quick_only = ()  # (key, values): what it leaves of the sweep
    return config


def grid(settings):
    """Yields the overrides of all combinations of some settings.

    Args:
        settings: config key -> values. Those of the last keys change fastest.
    """
    for values in itertools.product(*settings.values()):
        yield dict(zip(settings, values, strict=True))


def select(trials, **settings):
    """Returns the trials with these settings."""
    return [
        trial
        for trial in trials
        if all(trial.get(key) == value for key, value in settings.items())
    ]


def only(trials, **settings):
    """Returns the one trial with these settings."""
    (trial,) = select(trials, **settings)
    return trial


def values(trials, setting):
    """Returns the values of a setting in the order of the sweep."""
    return list(dict.fromkeys(trial.get(setting) for trial in trials))


def seeds(trials):
    """Returns the seeds in increasing order."""
    return sorted({trial.seed for trial in trials})


def by_seed(trials, measure):
    """Returns seed -> what `measure` says of the trials of that seed."""
    return {seed: measure(select(trials, seed=seed)) for seed in seeds(trials)}


def mean(numbers):
    """Returns the mean of an iterable."""
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


def mean_effect(effects):
    """Returns seed -> mean over several dicts of effects."""
    return {seed: mean(each[seed] for each in effects) for seed in effects[0]}


def diverged(trial):
    """Returns whether a training diverged, which counts as the worst result.

    What it was measured before counts for nothing.
    """
    return trial.result["status"] == "diverged"


def accuracy(trial, split="validation"):
    """Returns the accuracy, 0 for a training that diverged."""
    found = trial.result[f"{split}_accuracy"]
    return 0.0 if diverged(trial) or found is None else found


def test_accuracy(trial):
    """Returns the accuracy on the test split."""
    return accuracy(trial, "test")


def difference(trials, others, measure):
    """Returns seed -> what is measured of a trial minus that of the other."""
    other = {trial.seed: measure(trial) for trial in others}
    return {t.seed: measure(t) - other[t.seed] for t in trials}


def best_of(trials, score, *settings):
    """Returns the trials with the best values of some settings.

    The best are those of the highest mean score over all seeds.
    """

    def values_of(trial):
        return tuple(trial.get(name) for name in settings)

    def mean_score(candidate):
        return mean(score(t) for t in trials if values_of(t) == candidate)

    best = max(dict.fromkeys(map(values_of, trials)), key=mean_score)
    return [trial for trial in trials if values_of(trial) == best]


def tuned(trials, *settings):
    """Returns the trials with the settings of best validation accuracy.

    Test accuracies are not looked at.
    """
    return best_of(trials, accuracy, *settings)


def best_accuracy(trials):
    """Returns the best mean validation accuracy of any settings."""

    def group(trial):
        return str({k: v for k, v in trial.settings.items() if k != "seed"})

    groups = {}
    for trial in trials:
        groups.setdefault(group(trial), []).append(accuracy(trial))
    return max(map(mean, groups.values()))


def trains(trials):
    """Returns a function that says whether a trial has learned something.

    It has if its validation accuracy is at least 90 % of the best one.
    """
    target = 0.9 * best_accuracy(trials)
    return lambda trial: accuracy(trial) >= target


def steps_to_target(trials):
    """Returns a function of a trial, `steps_to` a target that they share.

    It is 95 % of the best validation accuracy of all. A training that diverged
    has ended early, and counts as the longest one that never reached it.
    """
    target = 0.95 * best_accuracy(trials)
    most = 2 * max(trial.result["steps"] for trial in trials)
    return lambda t: most if diverged(t) else steps_to(t, target)


def fastest(trials, norm):
    """Returns the trials of a norm at the rate with the fewest steps.

    The target is that of all trials.
    """
    steps = steps_to_target(trials)
    return best_of(
        select(trials, norm=norm), lambda t: -steps(t), "learning_rate"
    )


def frechet(trial):
    """Returns the Frechet distance, that of the worst for one that diverged."""
    found = trial.result["last_frechet"]
    if diverged(trial) or found is None:
        return FARTHEST
    # Rounding may leave less than 0.
    return min(max(found, 1 / FARTHEST), FARTHEST)


def steps_to(trial, target):
    """Returns the step after which the validation accuracy was `target`.

    Twice the run's steps where it never was.
    """
    for line in trial.log("validation"):
        if (line["accuracy"] or 0.0) >= target:
            return line["step"]
    return 2 * trial.result["steps"]


def curves(trials, series, x, measure):
    """Returns what is plotted: one line for each value of a setting.

    Args:
        trials: list of `Trial`s.
        series: the setting that has one line for each of its values; None for
            a single line.
        x: the setting on the x axis.
        measure: function of a trial that returns the number on the y axis.

    Returns:
        List of points `{"series", "x", "values"}`, numbers by seed.
    """
    points = {}
    for trial in trials:
        place = series and trial.get(series), trial.get(x)
        points.setdefault(place, {})[str(trial.seed)] = measure(trial)
    return [
        {"series": name, "x": at, "values": found}
        for (name, at), found in points.items()
    ]
