"""Claim: batch norm belongs in front of the activation.

    python -m normzoo.trainers.claims --config=claims/position \
        --workdir=runs/claims/position

Batch norm before or after the activation, or on the inputs as well, in an MLP,
a CNN and a stacked LSTM.
"""

import math

from normzoo.configs import claims, default

RATES = (1e-3, 1e-2)
#: Position -> what it is called in an MLP or CNN: norm, position, inputs.
POSITIONS = {
    "none": ("none", "before", False),
    "before": ("batch", "before", False),
    "after": ("batch", "after", False),
    "inputs": ("batch", "before", True),
}
#: In an LSTM the norm is in front of its nonlinearities, or behind a layer.
RECURRENT = {"none": "none", "before": "input", "after": "vertical"}


def get_config():
    config = claims.get_config()
    config.model.width = 32
    config.batch_size = 64
    config.epochs = 8
    config.validate_every_epochs = 1
    config.population.validation = True
    claim = config.claim
    claim.name, claim.number = "position", 8
    claim.sentence = "Batch norm works best in front of the activation."
    claim.measured = (
        "test accuracy with batch norm before minus after the activation, "
        "mean over MLP, CNN and LSTM"
    )
    claim.minimal = 0.005
    claim.limits = (
        "Small models and Adam, a learning rate chosen by validation "
        "accuracy, by each seed. In the LSTM, of two layers, before is in the "
        "input's path, after between the layers."
    )
    claim.axes = ("position", "test accuracy")
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-2,)),
        ("model.name", ("mlp",)),
    )
    return config


def sweep():
    for variant in [*_feed_forward(), *_recurrent()]:
        for rate in RATES:
            yield {
                **variant,
                "optimizer.learning_rate": rate,
            }


def _feed_forward():
    for name in ("mlp", "cnn"):
        for norm, position, inputs in POSITIONS.values():
            yield {
                "model.name": name,
                "model.norm": norm,
                "model.norm_position": position,
                "model.normalize_inputs": inputs,
            }


def _recurrent():
    model = default.get_recurrent_model()
    model.units = (32, 32)
    model.momentum = claims.MOMENTUM
    for norm in RECURRENT.values():
        yield {"dataset.view": "rows", "model": model, "model.norm": norm}


def judge(trials):
    found = _tuned(trials)
    return _gain(found, "before", "after", claims.test_accuracy)


def observe(trials):
    found = _tuned(trials)
    steps = claims.steps_to_target(trials)

    def fewer_steps(trial):
        return -math.log10(steps(trial))

    def test(better, worse):
        return _gain(found, better, worse, claims.test_accuracy)

    return {
        "before minus none": test("before", "none"),
        "after minus none": test("after", "none"),
        "inputs as well minus before alone, MLP and CNN": test(
            "inputs", "before"
        ),
        "log10 of steps to the target, after over before": _gain(
            found, "before", "after", fewer_steps
        ),
    }


def curves(trials):
    return [
        {
            "series": model,
            "x": position,
            "values": {str(t.seed): claims.test_accuracy(t) for t in chosen},
        }
        for (model, position), chosen in _tuned(trials).items()
    ]


def chosen(trials):
    return [
        claims.chosen(f"{model}, {place}", "learning_rate", best, trials)
        for (model, place), best in _tuned(trials).items()
    ]


def _tuned(trials):
    """Returns (model, position) -> its trials at the best rate."""
    groups = {}
    for trial in trials:
        groups.setdefault(_place(trial), []).append(trial)
    return {k: claims.tuned(v, "learning_rate") for k, v in groups.items()}


def _place(trial):
    if trial.get("model"):
        norms = {norm: position for position, norm in RECURRENT.items()}
        return "LSTM", norms[trial.get("norm")]
    knobs = ("norm", "norm_position", "normalize_inputs")
    places = {knobs: position for position, knobs in POSITIONS.items()}
    found = places[tuple(trial.get(knob) for knob in knobs)]
    return trial.get("model.name").upper(), found


def _gain(tuned, better, worse, measure):
    """Returns the mean difference over the models that have both."""
    models = [m for m, position in tuned if position == better]
    each = [
        claims.difference(tuned[model, better], tuned[model, worse], measure)
        for model in models
    ]
    return claims.mean_effect(each)
