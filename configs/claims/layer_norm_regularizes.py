"""Claim: layer norm regularizes a little.

    python -m normzoo.trainers.claims --config=claims/layer_norm_regularizes \
        --workdir=runs/claims/layer_norm_regularizes

Losses of MLPs on held-out data, at equal loss on 256 training examples.
"""

import itertools
import math

from normzoo.configs import claims

NORMS = ("none", "batch", "layer")
RATES = (1e-3, 3e-3)
#: Training losses at which the others are compared, in nats.
LEVELS = (1.0, 0.3, 0.1, 0.03, 0.01)
# The loss of a run that diverged, and the largest that counts.
WORST = 100.0


def get_config():
    config = claims.get_config()
    # As many as the probe takes, so that its loss is that of all of them.
    config.dataset.train_split = "train[:256]"
    config.epochs = 100  # of 8 steps
    config.probe = "layers"
    config.probe_every_epochs = config.validate_every_epochs = 4
    # Else moving statistics would tell of themselves.
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "layer_norm_regularizes", 18
    claim.sentence = "Layer norm regularizes a little."
    claim.measured = (
        "loss on held-out data at equal training loss, without norm minus "
        "with layer norm, in nats; mean over the training losses of 1, 0.3, "
        "0.1, 0.03 and 0.01 that both reach, and over two learning rates"
    )
    claim.minimal = 0.01
    claim.limits = (
        "MLPs with two hidden layers of 128, trained with Adam on 256 "
        "examples, 800 steps at learning rates of 0.001 and 0.003. The "
        "held-out data are the validation split, by which nothing is chosen "
        "here: test data are read at the end alone. Losses are measured every "
        "32 steps, and held-out ones interpolated between them, by the "
        "logarithm of the training loss where it is passed first. Where runs "
        "have no training loss in common, they do not differ."
    )
    claim.quick.epochs = 30
    claim.quick_only = (("optimizer.learning_rate", (1e-3,)),)
    claim.axes = ("log training loss", "loss on held-out data")
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _gain(trials, "layer")


def observe(trials):
    found = {"the same for batch norm": _gain(trials, "batch")}
    for level in LEVELS:
        for norm in NORMS[1:]:
            found[f"the same at a training loss of {level:g}, {norm}"] = _gain(
                trials, norm, (level,)
            )
    for norm in NORMS:
        some = claims.select(trials, norm=norm)
        found |= {
            f"{label}, {norm}": claims.by_seed(
                some,
                lambda each, measure=measure: claims.mean(map(measure, each)),
            )
            for label, measure in MEASURES.items()
        }
    return found


def curves(trials):
    points = []
    for norm in NORMS:
        some = claims.select(trials, norm=norm)
        for level in LEVELS:
            values = {}
            for seed, each in claims.by_seed(some, list).items():
                losses = [_held_out(trial, level) for trial in each]
                if None not in losses:
                    values[str(seed)] = claims.mean(losses)
            if values:
                points.append({"series": norm, "x": level, "values": values})
    return points


def _gain(trials, norm, levels=LEVELS):
    """Returns seed -> held-out loss without norm minus with one."""

    def gain(trials):
        return claims.mean(
            _gain_of_pair(*pair, levels) for pair in _pairs(trials, norm)
        )

    return claims.by_seed(trials, gain)


def _pairs(trials, norm):
    """Yields the trial without norm and with one, at each learning rate."""
    for rate in claims.values(trials, "learning_rate"):
        some = claims.select(trials, learning_rate=rate)
        yield tuple(claims.only(some, norm=name) for name in ("none", norm))


def _gain_of_pair(plain, normed, levels):
    pairs = [
        [_held_out(trial, level) for trial in (plain, normed)]
        for level in levels
    ]
    gains = [one - other for one, other in pairs if None not in (one, other)]
    return claims.mean(gains) if gains else 0.0


def _held_out(trial, level):
    """Returns the held-out loss where the training loss is `level` first.

    None where it never is.
    """
    if claims.diverged(trial):
        return WORST
    for (high, before), (low, after) in itertools.pairwise(_course(trial)):
        if high > level >= low:
            share = math.log(high / level) / math.log(high / low)
            return before + share * (after - before)
    return None


def _course(trial):
    """Returns pairs of training and held-out loss, in order of time."""
    training = {line["epoch"]: line["loss"] for line in trial.log("probe")}
    smallest = 1 / claims.LARGEST  # there is a logarithm of it
    pairs = [
        (training.get(line["epoch"]), line["loss"])
        for line in trial.log("validation")
    ]
    return [
        (max(loss, smallest), min(WORST if held is None else held, WORST))
        for loss, held in pairs
        if loss is not None
    ]


def _last_training(trial):
    course = [] if claims.diverged(trial) else _course(trial)
    return course[-1][0] if course else WORST


def _last_held_out(trial):
    course = [] if claims.diverged(trial) else _course(trial)
    return course[-1][1] if course else WORST


#: What is observed of the runs of each norm.
MEASURES = {
    "training loss in the end": _last_training,
    "held-out loss in the end": _last_held_out,
    "test accuracy": claims.test_accuracy,
}
