"""What a GAN's run refuses, before anything is written."""

import pytest

from normzoo.trainers import gan
from normzoo.trainers.common.errors import InputError

from .runs import train

BAD = {
    "resolution": ({"dataset.image_size": 9}, "multiple of 4.*9"),
    "no reference": ({"discriminator.norm": "virtual"}, "reference batch"),
    "penalty": (
        {"loss.name": "wasserstein", "discriminator.norm": "batch"},
        "each example separately",
    ),
    "penalty and groups": (
        {"loss.name": "wasserstein", "discriminator.norm": "ghost_batch"},
        "each example separately.*norm='ghost_batch'",
    ),
    "r1": (
        {"regularizers.r1.weight": 1.0, "discriminator.norm": "evonorm_b0"},
        "r1, with loss.name='non_saturating'.*'evonorm_b0'",
    ),
    "two penalties": (
        {
            "loss.name": "wasserstein",
            "discriminator.norm": "layer",
            "regularizers.gradient_penalty.weight": 1.0,
        },
        "has a gradient penalty already.*10.0.*1.0.*to 0",
    ),
    "batch of 1": (
        {"batch_size": 1, "generator.norm": "batch"},
        "more than one example.*generator.norm='batch'",
    ),
    "few samples": ({"metrics.samples": 60}, "64 features.*60.*samples"),
    "networks": ({"networks": "toy"}, "'toy' makes the points"),
    "points": ({"dataset.name": "gaussians25"}, "'toy' makes the points"),
    "unknown networks": (
        {"networks": "gan"},
        "'gan'.*dcgan, sngan, r3gan, toy",
    ),
    "unknown norm": ({"generator.norm": "btach"}, "'btach'.*none, batch"),
    "loss": ({"loss.name": "wgan"}, "'wgan'.*hinge"),
    "joint": (
        {"discriminator.batch": "joint", "discriminator.statistics": "real"},
        "joint batch.*'real'",
    ),
    "large batch": ({"discriminator.updates": 99}, "1584.*1204"),
    "inception": ({"metrics.features": "inception"}, "Nothing is downloaded"),
    "average": ({"ema_decay": 1.0}, r"\[0, 1\).*1.0"),
    "XLA": ({"jit_compile": True}, "deterministic=False"),
}


def test_points_are_not_augmented(toy, tmp_path):
    toy.augmentation = "cutout"
    with pytest.raises(InputError, match=r"Only images.*'cutout'"):
        train(toy, tmp_path / "run")


@pytest.mark.parametrize("name", BAD)
def test_bad_configs_are_refused_before_anything_is_written(
    config, name, tmp_path
):
    overrides, message = BAD[name]
    config.metrics.inception_weights = str(tmp_path / "weights.h5")
    config.update_from_flattened_dict(overrides)
    with pytest.raises(InputError, match=message):
        train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_unfinished_run_has_no_samples(config, tmp_path):
    with pytest.raises(InputError, match="no finished run"):
        gan.sample(config, tmp_path)
