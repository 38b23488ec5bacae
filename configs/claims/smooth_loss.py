"""Claim: batch norm stabilizes training because the loss surface is smoother.

    python -m normzoo.trainers.claims --config=claims/smooth_loss \
        --workdir=runs/claims/smooth_loss

How far the loss and its gradient move along the step of SGD, after Santurkar
et al., 2018; with noise behind the norm, which keeps its outputs from being
stable.
"""

import math

from normzoo.configs import claims

#: Name -> settings of the norm.
NORMS = {
    "none": ("none", 0.0),
    "batch": ("batch", 0.0),
    "noisy batch": ("batch", 0.5),
    "layer": ("layer", 0.0),
}
RATES = (0.03, 0.1)
# A range that is smaller counts as this one, one that overflows as the other.
SMALLEST, LARGEST = 1e-6, 1e6


def get_config():
    config = claims.get_config()
    config.model.depth = 4
    config.model.width = 64
    config.model.norm_noise = 0.0
    config.optimizer.name = "sgd"
    config.batch_size = 64
    config.epochs = 6
    config.probe = "landscape"
    claim = config.claim
    claim.name, claim.number = "smooth_loss", 15
    claim.sentence = (
        "Batch norm stabilizes training, because the loss surface is smoother."
    )
    claim.measured = (
        "log10 of the range of the loss along the gradient's step, without "
        "over with batch norm; mean over training"
    )
    claim.minimal = 0.3  # a factor of 2
    claim.limits = (
        "MLPs with four hidden layers and SGD at learning rates of 0.03 and "
        "0.1, measured on 256 training examples before training and after "
        "each epoch, at steps of 0.5 to 4 times the learning rate. The range "
        "also depends on the size of the gradient and on how far training has "
        "come; the gradient's relative change does so less."
    )
    claim.quick.model = {"depth": 2}
    claim.quick_only = (("optimizer.learning_rate", (0.1,)),)
    claim.axes = ("epoch", "log range of the loss along the step")
    return config


def sweep():
    for norm, noise in NORMS.values():
        for rate in RATES:
            yield {
                "model.norm": norm,
                "model.norm_noise": noise,
                "optimizer.learning_rate": rate,
            }


def judge(trials):
    return _gain(trials, "none", "batch", "loss_range")


def observe(trials):
    found = {
        "the same for the noisy batch norm": _gain(
            trials, "none", "noisy batch", "loss_range"
        ),
        "the same for layer norm": _gain(trials, "none", "layer", "loss_range"),
        "the same of the gradient's change": _gain(
            trials, "none", "batch", "gradient_change"
        ),
        "the same of the gradient's relative change": _gain(
            trials, "none", "batch", "relative_change"
        ),
        "the same of the gradient's relative change, layer norm": _gain(
            trials, "none", "layer", "relative_change"
        ),
    }
    for name in NORMS:
        for rate in claims.values(trials, "learning_rate"):
            some = claims.select(_of(trials, name), learning_rate=rate)
            found[f"validation accuracy, {name}, learning rate {rate:g}"] = {
                trial.seed: claims.accuracy(trial) for trial in some
            }
    return found


def curves(trials):
    return [
        point for name in NORMS for point in _course(_of(trials, name), name)
    ]


def _course(trials, name):
    """Returns the geometric mean over the learning rates, by epochs."""
    points = []
    longest = _length(trials)
    for i in range(longest):

        def size(some, i=i):
            logs = [_logs(trial, "loss_range", longest) for trial in some]
            return 10 ** claims.mean(each[i] for each in logs)

        values = claims.by_seed(trials, size)
        values = {str(seed): value for seed, value in values.items()}
        points.append({"series": name, "x": i, "values": values})
    return points


def _of(trials, name):
    norm, noise = NORMS[name]
    return claims.select(trials, norm=norm, norm_noise=noise)


def _gain(trials, one, other, key):
    """Returns seed -> log10 of a number with one norm over another's."""

    def gain(some):
        length = _length(some)

        def size(name):
            logs = (_logs(t, key, length) for t in _of(some, name))
            return claims.mean(map(claims.mean, logs))

        return size(one) - size(other)

    return claims.by_seed(trials, gain)


def _length(trials):
    """Returns how many times a run is probed; one that diverged was less."""
    return max(len(trial.log("probe")) for trial in trials)


def _logs(trial, key, length):
    """Returns log10 of a probed number, before training and by epochs.

    From the epoch in which a run diverged on it is the largest.
    """
    found = [line[key] for line in trial.log("probe")]
    if claims.diverged(trial):
        found += [None] * (length - len(found))
    return [
        math.log10(LARGEST if n is None else min(max(n, SMALLEST), LARGEST))
        for n in found
    ]
