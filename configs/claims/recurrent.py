"""Claim: batch norm cannot be used in a recurrent network.

    python -m normzoo.trainers.claims --config=claims/recurrent \
        --workdir=runs/claims/recurrent

An LSTM without norm, with statistics shared by all steps, with statistics for
each step, and with layer norm.
"""

from normzoo.configs import claims

NORMS = ("none", "batch_shared", "batch", "layer")
RATES = (3e-3, 1e-2)


def get_config():
    config = claims.get_recurrent_config()
    config.model.units = (32,)
    config.epochs = 15
    config.probe = "time"
    config.probe_every_epochs = config.epochs
    claim = config.claim
    claim.name, claim.number = "recurrent", 11
    claim.sentence = (
        "Batch norm cannot be used in an RNN, since the statistics differ "
        "from step to step."
    )
    claim.measured = (
        "test accuracy without norm minus with batch norm that has "
        "statistics for each step"
    )
    claim.minimal = 0.02
    claim.limits = (
        "One LSTM layer of 32 units, 8 steps of digits' rows and 40 of "
        "mnist1d, Adam with a learning rate chosen by validation accuracy, by "
        "each seed. Sequences of twice the length are the same ones at half "
        "the speed; what is lost there is measured with moving statistics."
    )
    claim.axes = ("norm", "test accuracy")
    claim.quick_only = (("optimizer.learning_rate", (1e-2,)),)
    return config


def sweep():
    return claims.grid(
        {
            "model.norm": NORMS,
            "optimizer.learning_rate": RATES,
        }
    )


def judge(trials):
    return _difference(trials, "none", "batch")


def observe(trials):
    tuned = {norm: _tuned(trials, norm) for norm in NORMS}
    slower = {
        f"accuracy lost at twice the length, {norm}": {
            t.seed: _lost(t) for t in tuned[norm]
        }
        for norm in NORMS
    }
    return {
        "none minus shared statistics": _difference(
            trials, "none", "batch_shared"
        ),
        "none minus layer norm": _difference(trials, "none", "layer"),
        "shift of the steps' means, in pooled standard deviations": {
            t.seed: _shift(t) for t in tuned["batch"]
        },
        **slower,
    }


def chosen(trials):
    return [
        claims.chosen(norm, "learning_rate", _tuned(trials, norm), trials)
        for norm in NORMS
    ]


def curves(trials):
    tuned = [trial for norm in NORMS for trial in _tuned(trials, norm)]
    return claims.curves(tuned, None, "norm", claims.test_accuracy)


def _tuned(trials, norm):
    return claims.tuned(claims.select(trials, norm=norm), "learning_rate")


def _difference(trials, norm, other):
    return claims.difference(
        _tuned(trials, norm), _tuned(trials, other), claims.test_accuracy
    )


def _lost(trial):
    if claims.diverged(trial):
        return 1.0  # all of it
    last = trial.log("probe")[-1]
    return (last["accuracy"] or 0.0) - (last["accuracy_twice_as_long"] or 0.0)


def _shift(trial):
    # Of one that diverged the last that was measured, no worst one.
    found = [line["shift"] for line in trial.log("probe")]
    return [shift for shift in found if shift is not None][-1]
