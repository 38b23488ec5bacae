"""Claim: batch norm needs its scale and shift.

    python -m normzoo.trainers.claims --config=claims/scale_and_shift \
        --workdir=runs/claims/scale_and_shift

Batch norm with and without gamma and beta, in front of three activations.
"""

import math

from normzoo.configs import claims

ACTIVATIONS = ("relu", "tanh", "sigmoid")
RATES = (1e-3, 1e-2)
#: Name -> (scale, center).
PARTS = {
    "both": (True, True),
    "scale": (True, False),
    "shift": (False, True),
    "neither": (False, False),
}


def get_config():
    config = claims.get_config()
    config.model.norm_arguments.batch.update(scale=True, center=True)
    config.batch_size = 64
    config.epochs = 10
    config.validate_every_epochs = 1
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "scale_and_shift", 9
    claim.sentence = (
        "Batch norm needs its scale and shift, or the network loses "
        "flexibility."
    )
    claim.measured = (
        "test accuracy with scale and shift minus without, mean over three "
        "activations"
    )
    claim.minimal = 0.005
    claim.limits = (
        "An MLP with two hidden layers and Adam, a learning rate chosen by "
        "validation accuracy, by each seed; the layers behind the norms can "
        "take over part of what scale and shift do. The speed is judged by "
        "scale_and_shift_speed."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-2,)),
        ("model.activation", ("relu",)),
    )
    claim.axes = ("activation", "test accuracy")
    return config


def sweep():
    return runs_with(PARTS, RATES)


def runs_with(names, rates):
    """Yields the runs with some of `PARTS` at some learning rates."""
    for activation in ACTIVATIONS:
        for scale, center in map(PARTS.get, names):
            for rate in rates:
                yield {
                    "model.activation": activation,
                    "model.norm_arguments.batch.scale": scale,
                    "model.norm_arguments.batch.center": center,
                    "optimizer.learning_rate": rate,
                }


def judge(trials):
    return _gain(trials, "both", "neither", claims.test_accuracy)


def observe(trials):
    steps = claims.steps_to_target(trials)

    def fewer_steps(trial):
        return -math.log10(steps(trial))

    return {
        "scale alone minus neither": _gain(
            trials, "scale", "neither", claims.test_accuracy
        ),
        "shift alone minus neither": _gain(
            trials, "shift", "neither", claims.test_accuracy
        ),
        "log10 of steps to the target, neither over both": _gain(
            trials, "both", "neither", fewer_steps
        ),
    }


def curves(trials):
    return [
        {**point, "series": parts}
        for parts in PARTS
        for point in claims.curves(
            _tuned(trials, parts), "scale", "activation", claims.test_accuracy
        )
    ]


def chosen(trials):
    rows = []
    for parts in PARTS:
        tuned = _tuned(trials, parts)
        for activation in claims.values(tuned, "activation"):
            some = claims.select(tuned, activation=activation)
            label = f"{parts}, {activation}"
            rows.append(claims.chosen(label, "learning_rate", some, trials))
    return rows


def _tuned(trials, parts):
    """Returns the trials with these parts, each activation at its rate."""
    some = with_parts(trials, parts)
    return claims.tuned_at_each(some, "activation", "learning_rate")


def with_parts(trials, parts):
    """Returns the trials with these of `PARTS`."""
    scale, center = PARTS[parts]
    return claims.select(trials, scale=scale, center=center)


def _gain(trials, parts, less, measure):
    def total(trials):
        return claims.mean(map(measure, trials))

    more = claims.by_seed(_tuned(trials, parts), total)
    less = claims.by_seed(_tuned(trials, less), total)
    return {seed: more[seed] - less[seed] for seed in more}
