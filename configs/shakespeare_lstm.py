"""Five normalizations in a character language model of Shakespeare.

    python -m normzoo.trainers.compare --config=shakespeare_lstm \
        --workdir=runs/shakespeare --config.dataset.download=True

An LSTM of 100 units predicts each next character of TFDS' `tiny_shakespeare`,
a million characters, from those before it in its window of 100. The metric is
bits per character.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "tiny_shakespeare"
    config.dataset.window = 100
    config.model = default.get_recurrent_model()
    config.model.units = (100,)
    config.model.readout = "each"
    config.optimizer.learning_rate = 2e-3
    config.optimizer.clipnorm = 1.0
    config.batch_size = 64
    config.epochs = 3
    config.compare.metric = "bits_per_character"
    return config


def sweep():
    for seed in range(2):
        for norm in ("none", "batch", "batch_shared", "input", "layer"):
            yield {"model.norm": norm, "seed": seed}
