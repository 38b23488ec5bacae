"""Claim: batch norm reduces the vanishing-gradient problem.

    python -m normzoo.trainers.claims --config=claims/vanishing_gradients \
        --workdir=runs/claims/vanishing_gradients

Gradients of the first and of the last hidden layer of deep MLPs, before
training and after 100 steps.
"""

import math

from normzoo.configs import claims

#: Activation -> initializer that is usual for it.
INITIALIZERS = {
    "sigmoid": "glorot_uniform",
    "tanh": "glorot_uniform",
    "relu": "he_normal",
}
DEPTHS = (10, 30)
# Float32 has no normal numbers below it.
FLOOR = 1e-38
MOST = -math.log10(FLOOR)  # decades


def get_config():
    config = claims.get_config()
    config.model.width = 64
    config.epochs = 3  # of 37 steps
    config.probe = "layers"
    config.probe_every_epochs = config.epochs
    claim = config.claim
    claim.name, claim.number = "vanishing_gradients", 1
    claim.sentence = "Batch norm reduces the vanishing-gradient problem."
    claim.measured = (
        "decades by which the first layer's gradient is smaller than the last "
        "hidden layer's before training, without minus with batch norm; mean "
        "over depths 10 and 30 and three activations"
    )
    claim.minimal = 1.0
    claim.limits = (
        "MLPs with 64 units in each layer, without residual connections, with "
        "Adam at one learning rate; layer norm at depth 10 only. "
        "A gradient that grows towards the first layer counts as 0 decades: "
        "exploding is another problem, and stands in the observations."
    )
    claim.quick_only = (
        ("model.depth", (10,)),
        ("model.activation", ("tanh",)),
    )
    claim.datasets = ("digits",)
    claim.axes = (
        "hidden layers",
        "decades from the first to the last layer's gradient",
    )
    return config


def sweep():
    for depth in DEPTHS:
        norms = ("none", "batch") if depth > 10 else ("none", "batch", "layer")
        for activation, initializer in INITIALIZERS.items():
            for norm in norms:
                yield {
                    "model.depth": depth,
                    "model.activation": activation,
                    "model.kernel_initializer": initializer,
                    "model.norm": norm,
                }


def judge(trials):
    return _gain(trials, "batch", _vanished)


def observe(trials):
    shallow = claims.select(trials, depth=min(DEPTHS))
    found = {
        "the same after 111 steps": _gain(trials, "batch", _vanished, -1),
        "the same at depth 10": _gain(shallow, "batch", _vanished),
        "the same at depth 10, layer norm": _gain(shallow, "layer", _vanished),
        "decades by which it explodes, batch minus none": _gain(
            trials, "batch", lambda *at: -_exploded(*at)
        ),
    }
    for setting, some in _cells(trials):
        found |= _described(some, setting)
    return found


def curves(trials):
    points = []
    for series, some in _cells(trials):
        line = claims.curves(some, "norm", "depth", _decades)
        points += [{**point, "series": series} for point in line]
    return points


def _cells(trials):
    """Yields a name and the trials of each activation and norm."""
    for activation in claims.values(trials, "activation"):
        for norm in claims.values(trials, "norm"):
            some = claims.select(trials, activation=activation, norm=norm)
            yield f"{activation}, {norm}", some


def _described(trials, name):
    """Returns observations of one activation with one norm, by depth."""
    measures = {
        "decades from the first to the last gradient": _decades,
        "accuracy on the last epoch's training batches": _learned,
        "validation accuracy": claims.accuracy,
    }
    found = {}
    for depth in claims.values(trials, "depth"):
        some = claims.select(trials, depth=depth)
        for label, measure in measures.items():
            found[f"{label}, {name}, depth {depth}"] = {
                trial.seed: measure(trial) for trial in some
            }
    return found


def _learned(trial):
    # Deep inside, moving statistics are late: validation cannot tell it.
    if claims.diverged(trial):
        return 0.0
    return trial.log("train")[-1]["accuracy"] or 0.0


def _gain(trials, norm, measure, line=0):
    """Returns seed -> mean of `measure` without minus with a norm."""

    def gain(trials):
        plain, normed = (
            claims.mean(measure(t, line) for t in claims.select(trials, norm=n))
            for n in ("none", norm)
        )
        return plain - normed

    return claims.by_seed(trials, gain)


def _vanished(trial, line=0):
    return max(_decades(trial, line), 0)


def _exploded(trial, line=0):
    if _is_lost(trial, line):
        return MOST
    return max(-_decades(trial, line), 0)


def _decades(trial, line=0):
    """Returns log10 of the last hidden layer's gradient over the first's.

    A gradient that is no number is no better than one that has vanished.
    """
    if _is_lost(trial, line):
        return MOST
    first, last = _gradients(trial, line)
    return math.log10(_size(last)) - math.log10(_size(first))


def _is_lost(trial, line):
    # One that diverged has no line of its end.
    ended = line != 0 and claims.diverged(trial)
    return ended or None in _gradients(trial, line)


def _gradients(trial, line):
    probed = trial.log("probe")[line]
    norms = [v for k, v in probed.items() if k.startswith("gradient_norm/")]
    return norms[0], norms[-2]  # the last kernel makes the logits


def _size(norm):
    return max(norm, FLOOR)
