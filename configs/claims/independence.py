"""Claim: batch norm lets every layer learn more independently.

    python -m normzoo.trainers.claims --config=claims/independence \
        --workdir=runs/claims/independence

How much a layer's gradient changes when the layers before it take their step:
the internal covariate shift as Santurkar et al., 2018, measure it.
"""

import math

from normzoo.configs import claims

NORMS = ("none", "batch", "layer")
RATES = (0.03, 0.1)
# A relative change that is smaller counts as this one, a larger one, or one
# that is no number, as the other.
SMALLEST, LARGEST = 1e-6, 1e6


def get_config():
    config = claims.get_config()
    config.model.depth = 4
    config.model.width = 64
    config.optimizer.name = "sgd"
    config.batch_size = 64
    config.epochs = 6
    config.probe = "independence"
    claim = config.claim
    claim.name, claim.number = "independence", 16
    claim.sentence = "Batch norm lets every layer learn more independently."
    claim.measured = (
        "log10 of the relative change of a layer's gradient when the layers "
        "before it take their step of SGD, without minus with batch norm; "
        "mean over layers, training and two learning rates"
    )
    claim.minimal = 0.1
    claim.limits = (
        "MLPs with four hidden layers of 64 and SGD at learning rates of 0.03 "
        "and 0.1, measured on 256 training examples before training and after "
        "each epoch. The relative change is larger where the step is, and "
        "steps are as large as the gradients of the layers before; the cosine "
        "depends on that as well."
    )
    claim.quick.model = {"depth": 2}
    claim.quick_only = (("optimizer.learning_rate", (0.1,)),)
    claim.axes = ("epoch", "log relative change of the gradient")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _gain(trials, "batch", _change)


def observe(trials):
    found = {"the same for layer norm": _gain(trials, "layer", _change)}
    for norm in NORMS[1:]:
        for label, at in (("before training", 0), ("in the end", -1)):
            found[f"the same {label}, {norm}"] = _gain(
                trials, norm, lambda lines, at=at: _change([lines[at]])
            )
        found[f"the same of the change itself, not relative, {norm}"] = _gain(
            trials, norm, _absolute
        )
    for norm in NORMS:
        found[f"cosine of the gradients before and after, {norm}"] = (
            claims.by_seed(
                trials, lambda some, norm=norm: _mean(some, norm, _cosine)
            )
        )
        found[f"validation accuracy, {norm}"] = claims.by_seed(
            claims.select(trials, norm=norm),
            lambda some: claims.mean(map(claims.accuracy, some)),
        )
    return found


def curves(trials):
    length = _length(trials)
    return [
        {"series": norm, "x": i, "values": _sizes(trials, norm, i, length)}
        for norm in NORMS
        for i in range(length)
    ]


def _sizes(trials, norm, i, length):
    """Returns seed -> geometric mean of the relative changes at a moment."""

    def size(some):
        return 10 ** _mean(some, norm, lambda x: _change([x[i]]), length)

    sizes = claims.by_seed(trials, size)
    return {str(seed): value for seed, value in sizes.items()}


def _gain(trials, norm, measure):
    """Returns seed -> mean of `measure` without norm minus with one."""
    return claims.by_seed(
        trials,
        lambda some: _mean(some, "none", measure) - _mean(some, norm, measure),
    )


def _mean(trials, norm, measure, length=None):
    """Returns the mean over a norm's trials of what is measured of lines."""
    length = length or _length(trials)
    return claims.mean(
        measure(_lines(trial, length))
        for trial in claims.select(trials, norm=norm)
    )


def _length(trials):
    """Returns how many times a run is probed; one that diverged was less."""
    return max(len(trial.log("probe")) for trial in trials)


def _lines(trial, length):
    """Returns what is probed, before training and by epochs.

    From the epoch in which a run diverged on nothing is a number.
    """
    lines = trial.log("probe")
    lost = dict.fromkeys(lines[0])
    return lines + [lost] * (length - len(lines))


def _change(lines):
    """Returns the mean of log10 of the relative change over layers."""
    return claims.mean(
        _log(value) for line in lines for value in _of(line, "relative_change")
    )


def _absolute(lines):
    """Returns the same of the change that is not relative."""
    return claims.mean(
        _log(None if None in pair else pair[0] * pair[1])
        for line in lines
        for pair in zip(
            _of(line, "relative_change"),
            _of(line, "gradient_norm"),
            strict=True,
        )
    )


def _cosine(lines):
    """Returns the mean cosine; one that is no number counts as -1."""
    return claims.mean(
        -1.0 if value is None else value
        for line in lines
        for value in _of(line, "cosine")
    )


def _of(line, key):
    """Returns a probed number of all layers."""
    return [v for k, v in line.items() if k.startswith(f"{key}/")]


def _log(number):
    if number is None:
        return math.log10(LARGEST)
    return math.log10(min(max(number, SMALLEST), LARGEST))
