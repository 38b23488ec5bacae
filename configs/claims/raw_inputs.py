"""Claim: batch norm on the raw inputs stands in for standardizing them.

    python -m normzoo.trainers.claims --config=claims/raw_inputs \
        --workdir=runs/claims/raw_inputs

MLPs without other norms, on inputs as they are and on inputs whose scales are
spread over four decades: raw, standardized, and behind a norm.
"""

from normzoo.configs import claims

#: What is done with the inputs -> (standardized, norm, batch norm's epsilon).
INPUTS = {
    "raw": (False, "none", 1e-3),
    "standardized": (True, "none", 1e-3),
    "batch": (False, "batch", 1e-3),
    "batch, small epsilon": (False, "batch", 1e-8),
    "layer": (False, "layer", 1e-3),
}
VIEWS = ("", "spread")
RATES = (1e-3, 1e-2)


def get_config():
    config = claims.get_config()
    config.model.norm = "none"
    config.model.input_norm = "none"
    config.model.norm_arguments.batch.epsilon = 1e-3
    config.epochs = 40
    claim = config.claim
    claim.name, claim.number = "raw_inputs", 17
    claim.sentence = (
        "Batch norm on the raw inputs stands in for standardizing them."
    )
    claim.measured = (
        "test accuracy with batch norm on the raw inputs minus that with "
        "standardized inputs; mean over inputs as they are and inputs of many "
        "scales"
    )
    claim.minimal = -0.01  # one point less counts
    claim.limits = (
        "MLPs with two hidden layers of 128, without other norms, and Adam; "
        "of two learning rates each seed takes the one with the best "
        "validation accuracy. Digits' pixels, which count as a table, are in "
        "[0, 1]; breast_cancer has 30 measurements in their own units, and "
        "188 test examples. With many scales each value of an example is "
        "multiplied by a factor of its own, from 0.01 to 100. Standardizing "
        "takes mean and variance of the training split; batch norm has Keras' "
        "epsilon of 0.001, beside which the variance of a small value is "
        "nothing."
    )
    claim.datasets = ("digits", "breast_cancer")
    claim.quick_only = (
        ("optimizer.learning_rate", (1e-3,)),
        ("dataset.view", ("spread",)),
    )
    claim.axes = ("inputs", "test accuracy")
    return config


def sweep():
    for view in VIEWS:
        for standardize, norm, epsilon in INPUTS.values():
            for rate in RATES:
                yield {
                    "dataset.view": view,
                    "dataset.standardize": standardize,
                    "model.input_norm": norm,
                    "model.norm_arguments.batch.epsilon": epsilon,
                    "optimizer.learning_rate": rate,
                }


def judge(trials):
    return _gain(trials, "batch")


def observe(trials):
    found = {
        f"the same, {name} instead of batch": _gain(trials, name)
        for name in INPUTS
        if name not in ("batch", "standardized")
    }
    for view in claims.values(trials, "view"):
        some = claims.select(trials, view=view)
        for name in INPUTS:
            if name != "standardized":
                label = f"{name} minus standardized, {_named(view)}"
                found[label] = _gain(some, name)
            found[f"test accuracy, {name}, {_named(view)}"] = _accuracy(
                some, name
            )
    return found


def curves(trials):
    return [
        {
            "series": name,
            "x": _named(view),
            "values": {
                str(seed): value
                for seed, value in _accuracy(
                    claims.select(trials, view=view), name
                ).items()
            },
        }
        for name in INPUTS
        for view in claims.values(trials, "view")
    ]


def _gain(trials, name):
    """Returns seed -> accuracy with some inputs minus standardized ones."""
    some, standardized = (
        _accuracy(trials, each) for each in (name, "standardized")
    )
    return {seed: some[seed] - standardized[seed] for seed in some}


def _accuracy(trials, name):
    """Returns seed -> test accuracy, mean over the views."""
    standardize, norm, epsilon = INPUTS[name]
    some = claims.select(
        trials, standardize=standardize, input_norm=norm, epsilon=epsilon
    )
    views = claims.values(some, "view")

    def mean(trials):
        return claims.mean(
            claims.test_accuracy(*_tuned(claims.select(trials, view=view)))
            for view in views
        )

    return claims.by_seed(some, mean)


def _tuned(trials):
    return claims.tuned(trials, "learning_rate")


def _named(view):
    return {"": "as they are", "spread": "many scales"}[view]
