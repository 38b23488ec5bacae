"""Claim: scale and shift of batch norm speed up training.

    python -m normzoo.trainers.claims --config=claims/scale_and_shift_speed \
        --workdir=runs/claims/scale_and_shift_speed

Steps to a target accuracy of an MLP whose batch norms have gamma and beta, or
neither, in front of three activations.
"""

import math

from normzoo.configs import claims
from normzoo.configs.claims import scale_and_shift
from normzoo.configs.claims.scale_and_shift import with_parts

RATES = (1e-3, 3e-3, 1e-2)
PARTS = ("both", "neither")


def get_config():
    config = claims.get_config()
    config.model.norm_arguments.batch.update(scale=True, center=True)
    # Few steps an epoch: the accuracy is looked at after each.
    config.batch_size = 128
    config.epochs = 20
    config.validate_every_epochs = 1
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "scale_and_shift_speed", 19
    claim.sentence = "Scale and shift of batch norm speed up training."
    claim.measured = (
        "log10 of the steps to the target, without scale and shift over with "
        "both, each at the learning rate that takes the fewest steps; mean "
        "over three activations"
    )
    claim.minimal = 0.1
    claim.limits = (
        "An MLP with two hidden layers and Adam, at the best of three learning "
        "rates for each seed and activation. The target is 95 % of the best "
        "validation accuracy of any rate without scale and shift, of the same "
        "seed and activation, looked at once an epoch (9 steps of "
        "digits, 28 of mnist1d); a run that never reaches it counts with "
        "twice its steps."
    )
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-2,)),
        ("model.activation", ("relu",)),
    )
    claim.axes = ("activation", "log steps to the target")
    return config


def sweep():
    return scale_and_shift.runs_with(PARTS, RATES)


def judge(trials):
    return claims.by_seed(trials, _gain)


def observe(trials):
    found = {}
    for activation in claims.values(trials, "activation"):
        some = claims.select(trials, activation=activation)
        found[f"the same, {activation}"] = claims.by_seed(some, _gain)
    for parts in PARTS:
        found[f"best validation accuracy, {parts}"] = claims.by_seed(
            with_parts(trials, parts), claims.best_accuracy
        )
    return found


def curves(trials):
    points = []
    for parts in PARTS:
        for activation in claims.values(trials, "activation"):
            some = claims.select(trials, activation=activation)
            steps = claims.by_seed(
                some, lambda each, parts=parts: _fewest(each)[parts]
            )
            values = {str(seed): value for seed, value in steps.items()}
            points.append({"series": parts, "x": activation, "values": values})
    return points


def _gain(trials):
    """Returns log10 of neither's steps over those of both, of one seed."""
    gains = []
    for activation in claims.values(trials, "activation"):
        fewest = _fewest(claims.select(trials, activation=activation))
        gains.append(math.log10(fewest["neither"] / fewest["both"]))
    return claims.mean(gains)


def _fewest(trials):
    """Returns parts -> steps to the target at the best rate, of one seed."""
    steps = claims.steps_to_target(trials, with_parts(trials, "neither"))
    return {
        parts: min(map(steps, with_parts(trials, parts))) for parts in PARTS
    }
