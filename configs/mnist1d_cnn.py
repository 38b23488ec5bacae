"""MNIST-1D's published table: the convolutional network, 94 %.

    python -m normzoo.trainers.compare --config=mnist1d_cnn --workdir=runs/cnn

Three convolutions of 25 channels, kernels 5, 3, 3, stride 2, and the logits;
the rest as in `mnist1d_logistic`. The authors' notebook ends at 92.3 %.
"""

from normzoo.configs import mnist1d_logistic

sweep = mnist1d_logistic.sweep


def get_config():
    config = mnist1d_logistic.get_config()
    config.model.name = "cnn"
    config.model.depth = 3
    config.model.width = 25
    config.model.growth = 1
    config.model.kernel_size = (5, 3, 3)
    config.model.downsampling = "stride"
    config.model.dense_units = 0
    return config
