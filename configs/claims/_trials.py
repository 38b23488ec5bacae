"""What judges have in common: which trials, and what is measured of one."""

import math

#: As a distance a diverged GAN counts as this one, and so does any larger one.
FARTHEST = 1000.0
#: The same of the size of a gradient, a weight or a logit: float32 ends there.
LARGEST = 1e38


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


def frechet(trial, key="last_frechet"):
    """Returns the Frechet distance, that of the worst for one that diverged.

    Args:
        trial: of a GAN.
        key: which of the result's distances.
    """
    found = trial.result[key]
    if diverged(trial) or found is None:
        return FARTHEST
    # Rounding may leave less than 0.
    return min(max(found, 1 / FARTHEST), FARTHEST)


def gan_metric(name):
    """Returns a function: a metric of the last generator, 0 if it diverged."""

    def measure(trial):
        return 0.0 if diverged(trial) else trial.result[f"last_{name}"]

    return measure


def less_distance(trial, key="last_frechet"):
    """Returns how often the Frechet distance was halved, counted from 1."""
    return -math.log2(frechet(trial, key))


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
