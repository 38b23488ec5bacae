"""Claim: batch norm works down to the smallest batches.

    python -m normzoo.trainers.claims --config=claims/small_batches \
        --workdir=runs/claims/small_batches

Batches of 1 to 128, in training and in inference mode.
"""

from normzoo.configs import claims

SIZES = (1, 2, 4, 8, 32, 128)
SMALL = (1, 2, 4)
RATES = (1e-4, 1e-3, 1e-2)
NORMS = ("batch", "layer")


def get_config():
    config = claims.get_config()
    config.epochs = 4
    config.probe = "training_mode"
    config.probe_every_epochs = config.epochs
    claim = config.claim
    claim.name, claim.number = "small_batches", 7
    claim.sentence = "Batch norm works down to the smallest batches."
    claim.measured = (
        "test accuracy with batches of 1, 2 or 4, the worst of them, minus "
        "that with batches of 32"
    )
    claim.minimal = -0.02
    claim.limits = (
        "An MLP with two hidden layers and Adam, a learning rate chosen for "
        "each batch size, by each seed; equally many examples seen, so small "
        "batches make more steps."
    )
    # Small batches of a large set take long.
    claim.quick.dataset = {"train_split": "train[:1000]"}
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-3,)),
        ("batch_size", (4, 32)),
    )
    claim.axes = ("log batch size", "test accuracy")
    # Batches of one take long.
    claim.datasets = ("digits",)
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "batch_size": SIZES,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _loss_of_small(trials, "batch")


def observe(trials):
    chosen = _tuned(trials, "batch")
    modes = {
        f"training mode minus inference mode, batches of {size}": {
            trial.seed: _mode_gap(trial)
            for trial in claims.select(chosen, batch_size=size)
        }
        for size in claims.values(chosen, "batch_size")
    }
    return {"the same for layer norm": _loss_of_small(trials, "layer"), **modes}


def curves(trials):
    chosen = [trial for norm in NORMS for trial in _tuned(trials, norm)]
    return claims.curves(chosen, "norm", "batch_size", claims.test_accuracy)


def chosen(trials):
    return [
        row
        for norm in NORMS
        for row in claims.chosen_at_each(
            norm + ", batches of {}",
            "batch_size",
            "learning_rate",
            _tuned(trials, norm),
            trials,
        )
    ]


def _tuned(trials, norm):
    """Returns the trials of a norm, each batch size at its best rate."""
    some = claims.select(trials, norm=norm)
    return claims.tuned_at_each(some, "batch_size", "learning_rate")


def _loss_of_small(trials, norm):
    def loss(trials):
        (usual,) = claims.select(trials, batch_size=32)
        if claims.diverged(usual):
            return -1.0  # small batches are not better for it
        found = {t.get("batch_size"): claims.test_accuracy(t) for t in trials}
        return min(found[size] for size in SMALL if size in found) - found[32]

    return claims.by_seed(_tuned(trials, norm), loss)


def _mode_gap(trial):
    if claims.diverged(trial):
        return 1.0  # the largest
    last = trial.log("probe")[-1]
    return (last["training_accuracy"] or 0) - (last["inference_accuracy"] or 0)
