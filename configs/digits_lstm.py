"""Six normalizations in an LSTM that reads handwritten digits row by row.

    python -m normzoo.trainers.compare --config=digits_lstm --workdir=runs/l

Two layers of 32 units, 8 steps of 8 pixels; with
`--config.dataset.view=pixels`, or `permuted_pixels`, 64 steps of one. Nothing
is downloaded.
"""

from normzoo.configs import default


def get_config():
    config = default.get_config()
    config.dataset.view = "rows"
    config.model = default.get_recurrent_model()
    config.model.units = (32, 32)
    config.batch_size = 32
    config.epochs = 20
    config.steps_per_execution = 37
    return config


def sweep():
    norms = ("none", "batch", "batch_shared", "input", "vertical", "layer")
    for seed in range(3):
        for norm in norms:
            yield {"model.norm": norm, "seed": seed}
