"""Five normalizations in an MLP on scikit-learn's 1,797 handwritten digits.

    python -m normzoo.trainers.compare --config=digits_mlp --workdir=runs/d

Nothing is downloaded. 15 runs, about a minute on two cores; test accuracy
about 0.97 to 0.98 for every norm.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "digits"
    config.model.name = "mlp"
    config.batch_size = 32
    config.epochs = 30
    # One call into TensorFlow an epoch: the model is that small.
    config.steps_per_execution = 37
    return config


def sweep():
    for seed in range(3):
        for norm in ("none", "batch", "layer", "group", "rms"):
            yield {"model.norm": norm, "seed": seed}
