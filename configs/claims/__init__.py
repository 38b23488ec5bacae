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
    # Numbers of seeds after which there are verdicts; data sets without one
    # alone go on.
    claim.looks = (10, 20)
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


def best_of(trials, scores, *settings):
    """Returns the trials with the best values of some settings, by seed.

    Each seed chooses by its own trials: the values with the highest mean of the
    first score, of equal ones with that of the next; then the first ones.

    Args:
        trials: of one variant.
        scores: functions of a trial, the one that counts most first.
        *settings: names of what is chosen.
    """

    def values_of(trial):
        return tuple(trial.get(name) for name in settings)

    def best(some):
        groups = {}
        for trial in some:
            groups.setdefault(values_of(trial), []).append(trial)

        def judged(candidate):
            return [mean(map(score, groups[candidate])) for score in scores]

        return groups[max(groups, key=judged)]

    found = by_seed(trials, best).values()
    return [trial for chosen in found for trial in chosen]


def tuned(trials, *settings):
    """Returns the trials with the settings of best validation accuracy.

    Each seed chooses, of equally accurate ones the one with the least
    validation loss. Test accuracies are not looked at.
    """
    return best_of(trials, (accuracy, _less_loss), *settings)


def _less_loss(trial):
    loss = trial.result.get("validation_loss")
    return -LARGEST if diverged(trial) or loss is None else -loss


def best_accuracy(trials):
    """Returns seed -> best validation accuracy of its trials."""
    return by_seed(trials, lambda some: max(map(accuracy, some)))


def trains(trials):
    """Returns a function that says whether a trial has learned something.

    It has if its validation accuracy is at least 90 % of the best one that its
    seed has among `trials`. Give those of what the sentence compares with:
    then no loss of a run of the other side makes the target easier.
    """
    best = best_accuracy(trials)

    def has_learned(trial):
        target = 0.9 * best[trial.seed]
        return not diverged(trial) and accuracy(trial) >= target

    return has_learned


def steps_to_target(trials, by=None):
    """Returns a function of a trial, `steps_to` the target of its seed.

    It is 95 % of the best validation accuracy that the seed has among some
    trials, for which the same holds as in `trains`. A training that diverged
    has ended early, and counts as the longest one that never reached it.

    Args:
        trials: all that are compared.
        by: those that set the target; None for all.
    """
    best = best_accuracy(trials if by is None else by)
    most = by_seed(trials, lambda some: 2 * max(map(_steps, some)))

    def steps(trial):
        if diverged(trial):
            return most[trial.seed]
        return steps_to(trial, 0.95 * best[trial.seed])

    return steps


def _steps(trial):
    return trial.result["steps"]


def fastest(trials, norm, steps=None):
    """Returns the trials of a norm at the rate with the fewest steps, by seed.

    Args:
        trials: all that are compared.
        norm: whose are wanted.
        steps: function of a trial; None: the steps to the target of all.
    """
    steps = steps or steps_to_target(trials)
    some = select(trials, norm=norm)
    return best_of(some, (lambda t: -steps(t),), "learning_rate")


def chosen(label, setting, chosen_trials, trials):
    """Returns what `chosen(trials)` of a claim lists: one row.

    Args:
        label: whose choice it is, such as the name of a norm.
        setting: its name.
        chosen_trials: from `tuned`, `fastest` or `best_of`.
        trials: what was chosen from.

    Returns:
        `{"label", "setting", "offered", "values"}`, values by seed.
    """
    return {
        "label": label,
        "setting": setting,
        "offered": values(trials, setting),
        "values": {str(t.seed): t.get(setting) for t in chosen_trials},
    }


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
