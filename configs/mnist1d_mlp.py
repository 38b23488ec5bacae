"""MNIST-1D's published table: the multilayer perceptron, 68 %.

    python -m normzoo.trainers.compare --config=mnist1d_mlp --workdir=runs/mlp

Two layers of 100 units, the second with a residual connection; the rest as in
`mnist1d_logistic`. The authors' notebook ends at 65.1 %.
"""

from normzoo.configs import mnist1d_logistic

sweep = mnist1d_logistic.sweep


def get_config():
    config = mnist1d_logistic.get_config()
    config.model.depth = 2
    config.model.width = 100
    config.model.residual = True
    return config
