"""Five normalizations in a small CNN on scikit-learn's handwritten digits.

    python -m normzoo.trainers.compare --config=digits_cnn --workdir=runs/dc

Nothing is downloaded. Each seed chooses each norm's learning rate by the
validation split; verdicts are looked for after 10, 20 and 40 seeds.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "digits"
    config.model.name = "cnn"
    # The digits are 8x8 pixels: a quarter of the width of MNIST's network.
    config.model.width = 8
    config.model.dense_units = 64
    config.optimizer.learning_rate = 1e-2
    config.batch_size = 32
    config.epochs = 10
    # One call into TensorFlow an epoch: the model is that small.
    config.steps_per_execution = 37
    config.compare.looks = (10, 20, 40)
    # Around the rate above, the best of 3e-4 to 3e-2 without a norm.
    config.compare.tune.rates = (3e-3, 1e-2, 3e-2)
    return config


def sweep():
    for norm in ("none", "batch", "layer", "group", "rms"):
        yield {"model.norm": norm}
