"""Pre- and post-norm in a small vision transformer on handwritten digits.

    python -m normzoo.trainers.compare --config=digits_vit --workdir=runs/dv

Scikit-learn's digits: nothing is downloaded. Each branch of the network without
a norm has a scalar that starts at 0. Each seed chooses each variant's learning
rate by the validation split; verdicts are looked for after 10, 20 and 40 seeds.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.model.name = "vit_tiny"
    config.model.activation = "gelu"
    config.model.kernel_initializer = "glorot_uniform"
    config.model.branch_start = "plain"
    # 16 tokens, two heads.
    config.model.patch_size = 2
    config.model.depth = 2
    config.model.width = 32
    config.model.head_width = 16
    config.optimizer.learning_rate = 3e-3
    config.epochs = 20
    # One call into TensorFlow an epoch: the model is that small.
    config.steps_per_execution = 37
    config.compare.baseline = "norm=none,branch_start=skip_init"
    config.compare.looks = (10, 20, 40)
    config.compare.tune.rates = (1e-3, 3e-3, 1e-2)
    return config


def sweep():
    yield {"model.norm": "none", "model.branch_start": "skip_init"}
    for norm in ("layer", "rms", "batch"):
        for position in ("before", "after"):
            yield {"model.norm": norm, "model.norm_position": position}
