"""Six normalizations in a character language model of Shakespeare.

    python -m normzoo.trainers.compare --config=shakespeare_lstm \
        --workdir=runs/shakespeare --config.dataset.download=True

An LSTM of 100 units predicts each next character of TFDS' `tiny_shakespeare`,
a million characters, from the up to 99 before it in its window; bits per
character. The optimizer is that of Cooijmans et al., 2017.
"""

import ml_collections

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.name = "tiny_shakespeare"
    config.dataset.window = 100
    config.model = ml_collections.ConfigDict()
    config.model.name = "stacked_rnn"
    config.model.norm = "batch"  # in normzoo.zoo.RECURRENT_NORMS
    config.model.cell = "lstm"  # or "gru", "simple"
    config.model.units = (100,)  # one number for each recurrent layer
    config.model.readout = "each"
    # A number; unset, each norm's own.
    config.model.gamma_initializer = ml_collections.config_dict.placeholder(
        float
    )
    config.model.dropout = 0.0
    config.model.recurrent_dropout = 0.0
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
