"""What each seed chooses by validation, and the targets that it has."""

from normzoo.configs.claims._trials import (
    LARGEST,
    accuracy,
    by_seed,
    diverged,
    less_distance,
    mean,
    select,
    steps_to,
    values,
)

#: The name of GANs' learning rate, of both players, in `at_rates`.
RATE = "generator.optimizer.learning_rate"


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


def tuned_gans(trials):
    """Returns the GANs at the rate with the least Frechet distance, by seed.

    The distance is that on the validation split; those on the test split are
    not looked at.
    """

    def validated(trial):
        return less_distance(trial, "validation_frechet")

    return best_of(trials, (validated,), RATE)


def tuned_at_each(trials, setting, *settings):
    """Returns the `tuned` trials at each value of another setting."""
    return [
        trial
        for value in values(trials, setting)
        for trial in tuned(select(trials, **{setting: value}), *settings)
    ]


def _less_loss(trial):
    loss = trial.result.get("validation_loss")
    return -LARGEST if diverged(trial) or loss is None else -loss


def best_accuracy(trials):
    """Returns the best validation accuracy of some trials of one seed."""
    return max(map(accuracy, trials))


def trains(trials):
    """Returns a function that says whether a trial has learned something.

    It has if its validation accuracy is at least 90 % of the best one that its
    seed has among `trials`. Give those of what the sentence compares with:
    then no loss of a run of the other side makes the target easier.
    """
    best = by_seed(trials, best_accuracy)

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
    best = by_seed(trials if by is None else by, best_accuracy)
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


def chosen_at_each(label, by, setting, chosen_trials, trials):
    """Returns the rows of `chosen`, one for each value of `by`.

    Args:
        label: text with `{}` for that value.
        by: name of the setting at whose values another one was chosen.
        setting, chosen_trials, trials: as in `chosen`.
    """
    return [
        chosen(
            label.format(value),
            setting,
            select(chosen_trials, **{by: value}),
            trials,
        )
        for value in values(chosen_trials, by)
    ]
