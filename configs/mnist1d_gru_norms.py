"""Five normalizations in the bidirectional GRU of MNIST-1D's published table.

    python -m normzoo.trainers.compare --config=mnist1d_gru_norms \
        --workdir=runs/gru_norms

All else is as published, see `mnist1d_gru`.
"""

from normzoo.configs import mnist1d_gru

get_config = mnist1d_gru.get_config


def sweep():
    for seed in range(3):
        for norm in ("none", "batch", "batch_shared", "input", "layer"):
            yield {"model.norm": norm, "seed": seed}
