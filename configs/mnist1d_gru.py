"""MNIST-1D's published table: the recurrent network, 91 %.

    python -m normzoo.trainers.compare --config=mnist1d_gru --workdir=runs/gru

A GRU of 6 units in each direction, and logits of its outputs at all 40 steps;
the training is that of `mnist1d_logistic`. The authors' notebook ends at
89.1 %.
"""

from normzoo.configs import default, mnist1d_logistic

sweep = mnist1d_logistic.sweep


def get_config():
    config = mnist1d_logistic.get_config()
    config.model = default.get_recurrent_model()
    config.model.norm = "none"
    config.model.cell = "gru"
    config.model.units = (6,)
    config.model.readout = "all"
    config.model.bidirectional = True
    # Twice as fast, at the price of bitwise equal runs.
    config.jit_compile = True
    config.deterministic = False
    return config
