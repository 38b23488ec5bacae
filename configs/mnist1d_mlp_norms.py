"""Five normalizations in the MLP of MNIST-1D's published table.

    python -m normzoo.trainers.compare --config=mnist1d_mlp_norms \
        --workdir=runs/mlp_norms

All else is as published, see `mnist1d_mlp`.
"""

from normzoo.configs import mnist1d_mlp

get_config = mnist1d_mlp.get_config


def sweep():
    for seed in range(3):
        for norm in ("none", "batch", "layer", "group", "rms"):
            yield {"model.norm": norm, "seed": seed}
