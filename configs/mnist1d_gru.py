"""MNIST-1D's published table: the recurrent network, 91 %.

    python -m normzoo.trainers.compare --config=mnist1d_gru --workdir=runs/gru

A GRU of 6 units in each direction, and logits of its outputs at all 40 steps;
the training is that of `mnist1d_logistic`. The authors' notebook ends at
89.1 %.
"""

import ml_collections

from normzoo.configs import mnist1d_logistic

sweep = mnist1d_logistic.sweep


def get_config():
    config = mnist1d_logistic.get_config()
    config.model = ml_collections.ConfigDict()
    config.model.name = "stacked_rnn"
    config.model.norm = "none"  # in normzoo.zoo.RECURRENT_NORMS
    config.model.cell = "gru"  # or "lstm", "simple"
    config.model.units = (6,)  # one number for each recurrent layer
    config.model.readout = "all"  # or "last"
    config.model.bidirectional = True
    # A number; unset, each norm's own.
    config.model.gamma_initializer = ml_collections.config_dict.placeholder(
        float
    )
    config.model.dropout = 0.0
    config.model.recurrent_dropout = 0.0
    # Twice as fast, at the price of bitwise equal runs.
    config.jit_compile = True
    config.deterministic = False
    return config
