"""Claim: batch norm makes predictions slower.

    python -m normzoo.trainers.claims --config=claims/inference_cost \
        --workdir=runs/claims/inference_cost

Latency of the predictions of a CNN and an MLP on images of MNIST's size, for
batches of 1 and 128. Nothing else may run meanwhile.
"""

import ml_collections

from normzoo.configs import claims

SIZES = (1, 128)
VARIANTS = ("none", "batch", "folded", "layer", "virtual")


def get_config():
    config = claims.get_config()
    config.dataset.image_size = 28  # MNIST's
    config.deterministic = False
    config.latency = ml_collections.ConfigDict()
    config.latency.repeats = 30
    claim = config.claim
    claim.name, claim.number = "inference_cost", 6
    claim.sentence = "Batch norm makes predictions slower."
    claim.measured = (
        "latency of predictions with batch norm over that without norm, minus "
        "1; mean over a CNN and an MLP and over batch sizes 1 and 128"
    )
    claim.minimal = 0.05
    claim.limits = (
        "One machine, without a GPU and without XLA; small models, "
        "called as a tf.function whose overhead is part of the latency. The "
        "seeds repeat the measurement, in one process one after the other. "
        "Other runtimes may fold batch norm unasked."
    )
    claim.alone = True
    claim.datasets = ("digits",)  # enlarged; only their shape counts
    claim.quick.latency = {"repeats": 3}
    claim.quick_only = (("batch_size", (1,)),)
    claim.axes = ("log batch size", "latency over that without norm")
    return config


def sweep():
    models = _model("cnn", width=32), _model("mlp", width=128)
    return claims.grid({"model": models, "batch_size": SIZES})


def _model(name, **knobs):
    return ml_collections.ConfigDict({"name": name, "norm": "", **knobs})


def judge(trials):
    return claims.by_seed(
        trials, lambda some: claims.mean(_ratio(t, "batch") for t in some) - 1
    )


def observe(trials):
    found = {}
    for trial in trials:
        for variant in VARIANTS[1:]:
            label = f"latency of {variant} over none, {_setting(trial)}"
            found.setdefault(label, {})[trial.seed] = _ratio(trial, variant)
    for trial in trials:
        label = f"milliseconds without norm, {_setting(trial)}"
        milliseconds = 1000 * trial.result["latency_none"]
        found.setdefault(label, {})[trial.seed] = milliseconds
    return found


def curves(trials):
    points = {}
    for trial in trials:
        for variant in VARIANTS[1:]:
            name, size = trial.get("model").name, trial.get("batch_size")
            values = points.setdefault((f"{variant}, {name}", size), {})
            values[str(trial.seed)] = _ratio(trial, variant)
    return [
        {"series": series, "x": size, "values": values}
        for (series, size), values in points.items()
    ]


def _setting(trial):
    return f"{trial.get('model').name}, batch size {trial.get('batch_size')}"


def _ratio(trial, variant):
    result = trial.result
    return result[f"latency_{variant}"] / result["latency_none"]
