"""A GAN that is used again trains as a new one does, bit by bit."""

import pytest

from normzoo.configs import digits_dcgan, gaussians_gan
from normzoo.trainers import gan
from normzoo.trainers.run.session import Session

from ..equal_runs import assert_equal

#: What makes a run worthless, which must leave nothing behind.
WILD = {
    f"{part}.optimizer.learning_rate": 1e30
    for part in ("generator", "discriminator")
}
#: Name -> config, and settings of all its runs.
KINDS = {
    "batch": (digits_dcgan, {"augmentation": "color,translation"}),
    "virtual, told classes, penalized": (
        gaussians_gan,
        {
            "conditional": True,
            "generator.norm": "virtual",
            "discriminator.norm": "none",
            "regularizers.r1.weight": 1.0,
        },
    ),
    "loss scales": (gaussians_gan, {"precision": "mixed_float16"}),
}


def make_config(kind, data_dir):
    module, settings = KINDS[kind]
    config = module.get_config()
    config.dataset.data_dir = str(data_dir)
    config.generator.base_width = config.discriminator.base_width = 8
    config.batch_size = 16
    config.epochs, config.steps_per_epoch = 2, 4
    config.steps_per_execution = 2
    config.metrics.samples, config.metrics.features = 100, "raw"
    config.update_from_flattened_dict(settings)
    return config


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_third_run_is_bitwise_that_of_a_new_one(kind, data_dir, tmp_path):
    config = make_config(kind, data_dir)
    wild = config.copy_and_resolve_references()
    wild.update_from_flattened_dict({"seed": 1, **WILD})
    again = config.copy_and_resolve_references()
    again.seed = 2
    again.generator.optimizer.learning_rate /= 2
    runs = {"first": config, "wild": wild, "again": again}
    with Session(reuse_models=True) as session:
        for name, each in runs.items():
            with session.run():
                gan.train(each, tmp_path / name, verbose=0, session=session)
        assert len(session.models) == 1
    gan.train(again, tmp_path / "new", verbose=0)
    assert_equal(tmp_path / "again", tmp_path / "new")
    with pytest.raises(AssertionError):
        assert_equal(tmp_path / "again", tmp_path / "first")
