"""Five normalizations in the CNN of MNIST-1D's published table.

    python -m normzoo.trainers.compare --config=mnist1d_cnn_norms \
        --workdir=runs/cnn_norms

All else is as published, see `mnist1d_cnn`.
"""

from normzoo.configs import mnist1d_cnn

get_config = mnist1d_cnn.get_config


def sweep():
    for seed in range(3):
        for norm in ("none", "batch", "layer", "group", "rms"):
            yield {"model.norm": norm, "seed": seed}
