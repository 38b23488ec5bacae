"""Claim: layer norm optimizes faster than batch norm, weights do not explode.

    python -m normzoo.trainers.claims --config=claims/layer_norm \
        --workdir=runs/claims/layer_norm

Steps to a target accuracy of an MLP with batches of 4, 32 and 128, and of a
GRU that reads digits row by row; and how weights and logits grow.
"""

import math

from normzoo.configs import claims, default

#: Batch size -> share of the training split, so that epochs, after which the
#: accuracy is looked at, have few steps; and their number.
EPOCHS = {4: (0.25, 16), 32: (0.5, 24), 128: (1.0, 30)}
RATES = (1e-3, 3e-3, 1e-2)
NORMS = ("batch", "layer", "none")


def get_config():
    config = claims.get_config()
    config.dataset.view = "rows"  # which the MLP flattens
    config.probe = "layers"
    config.probe_every_epochs = 30  # and at the end
    config.validate_every_epochs = 1
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "layer_norm", 10
    claim.sentence = (
        "Layer norm optimizes faster than batch norm, and weights do not "
        "explode."
    )
    claim.measured = (
        "log10 of the steps to the target, with batch over with layer norm, "
        "each at the seed's learning rate that takes the fewest steps; mean "
        "over the MLP with three batch sizes and the GRU"
    )
    claim.minimal = 0.1
    claim.limits = (
        "Adam, an MLP with two hidden layers, and one GRU layer of 32 units "
        "with batches of 32; a quarter of the training data for batches of 4, "
        "half of it for batches of 32. The target is 95 % of the seed's best "
        "validation accuracy with batch norm, for each batch size apart, "
        "looked at once an epoch, which on digits is every 75, 18 or 9 steps, "
        "with statistics of the training data; a run that never reaches it "
        "counts with twice its steps. The verdict is on the speed alone; how "
        "weights grow is judged by exploding_weights."
    )
    claim.datasets = ("digits",)
    # Small batches of a large set take long.
    claim.quick.dataset = {"train_split": "train[:1000]"}
    claim.quick_only = (
        ("model", (_mlp(),)),
        ("optimizer.learning_rate", (1e-2,)),
        ("batch_size", (32,)),
    )
    claim.axes = ("log learning rate", "log steps to the target")
    return config


def sweep():
    for model, size in _settings():
        share, epochs = EPOCHS[size]
        for norm in NORMS if size == 32 else NORMS[:2]:
            for rate in RATES:
                yield {
                    "model": model,
                    "batch_size": size,
                    "dataset.train_share": share,
                    "epochs": epochs,
                    "model.norm": norm,
                    "optimizer.learning_rate": rate,
                }


def _settings():
    yield from ((_mlp(), size) for size in EPOCHS)
    yield _gru(), 32


def _mlp():
    return claims.get_config().model


def _gru():
    model = default.get_recurrent_model()
    model.name, model.cell, model.units = "stacked_rnn", "gru", (32,)
    model.momentum = claims.MOMENTUM
    return model


def judge(trials):
    return claims.mean_effect(
        [_gain(cell, "batch", "layer") for cell in _cells(trials)]
    )


def observe(trials):
    cells = _cells(trials)
    found = {
        f"the same, {_name(cell[0])}": _gain(cell, "batch", "layer")
        for cell in cells
    }
    of_32 = [cell for cell in cells if cell[0].get("batch_size") == 32]
    found["the same, batches of 32, none instead of batch norm"] = (
        claims.mean_effect([_gain(cell, "none", "layer") for cell in of_32])
    )
    for norm in NORMS:
        tuned = [
            claims.fastest(cell, norm, _steps(cell, "batch")) for cell in of_32
        ]
        for label, measure in MEASURES.items():
            found[f"{label}, batches of 32, {norm}"] = claims.mean_effect(
                [{t.seed: measure(t) for t in some} for some in tuned]
            )
    return found


def chosen(trials):
    rows = []
    for cell in _cells(trials):
        steps = _steps(cell, "batch")
        for norm in claims.values(cell, "norm"):
            label = f"{norm}, {_name(cell[0])}"
            best = claims.fastest(cell, norm, steps)
            rows.append(claims.chosen(label, "learning_rate", best, cell))
    return rows


def curves(trials):
    points = []
    for cell in _cells(trials):
        line = claims.curves(
            cell, "norm", "learning_rate", _steps(cell, "batch")
        )
        series = f", {_name(cell[0])}"
        points += [{**p, "series": p["series"] + series} for p in line]
    return points


def _cells(trials):
    """Returns the trials of each model and batch size."""
    cells = {}
    for trial in trials:
        cells.setdefault(_name(trial), []).append(trial)
    return list(cells.values())


def _name(trial):
    model = {"mlp": "MLP", "stacked_rnn": "GRU"}[trial.get("model").name]
    return f"{model}, batches of {trial.get('batch_size')}"


def _gain(trials, slow, fast):
    steps = _steps(trials, slow)
    with_fast = {t.seed: steps(t) for t in claims.fastest(trials, fast, steps)}
    return {
        trial.seed: math.log10(steps(trial) / with_fast[trial.seed])
        for trial in claims.fastest(trials, slow, steps)
    }


def _steps(trials, norm):
    """Returns a function of a trial, the steps to what a norm can reach."""
    return claims.steps_to_target(trials, claims.select(trials, norm=norm))


def _growth(trial):
    """Returns log10 of how many times as large the kernels have become."""
    if claims.diverged(trial):
        return math.log10(claims.LARGEST)
    first, *_, last = trial.log("probe")
    return math.log10(_weights(last) / _weights(first))


def _weights(line):
    norms = (v for k, v in line.items() if k.startswith("weight_norm/"))
    return math.hypot(*norms)


def _logits(trial):
    if claims.diverged(trial):
        return claims.LARGEST
    return trial.log("probe")[-1]["logits"]


#: What is observed of the runs at each norm's own rate.
MEASURES = {
    "log10 of the growth of the kernels' norm": _growth,
    "root mean square of the logits in the end": _logits,
    "test accuracy": claims.test_accuracy,
}
