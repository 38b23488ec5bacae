"""Train and validation, drawn again by a seed."""

import numpy as np
import pytest

from normzoo.configs import gan_default
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.comparison.trainers import TRAINERS
from normzoo.trainers.data import gaussians, loading, splitting
from normzoo.trainers.gans.metrics import features

from . import made


def loaded(config, seed):
    config.dataset.split_seed = seed
    return loading.load_data(config)


def rows(*splits):
    """Returns the examples of splits, hashable and in order."""
    return sorted(
        (image.tobytes(), int(label))
        for split in splits
        for image, label in zip(split.inputs, split.labels, strict=True)
    )


@pytest.mark.parametrize("view", ["", "rows"])
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_same_examples_are_dealt_out_again(config, view, seed):
    config.dataset.view = view
    own, drawn = loaded(config, -1), loaded(config, seed)
    assert own.input_shape == drawn.input_shape
    for old, new in zip(own[:2], drawn[:2], strict=True):
        assert new.inputs.shape == old.inputs.shape
        assert new.inputs.dtype == old.inputs.dtype
        assert new.labels.dtype == old.labels.dtype
    # Each once, with its label, so none is in both of the two.
    assert rows(*drawn[:2]) == rows(*own[:2])
    assert rows(drawn.train) != rows(own.train)
    assert drawn.test is own.test
    assert drawn[3:] == own[3:]


def test_the_seed_alone_draws(config):
    first = loaded(config, 3)
    config.seed, config.batch_size = 9, 8
    assert loaded(config, 3) is first  # runs share them
    assert rows(loaded(config, 4).train) != rows(first.train)
    again = loaded(config, 3)
    assert again is not first  # one split is kept, however many seeds
    np.testing.assert_array_equal(again.train.inputs, first.train.inputs)
    np.testing.assert_array_equal(again.train.labels, first.train.labels)


def test_the_draw_is_the_same_everywhere():
    """As in all runs so far; a change would be another experiment."""
    rows = splitting.draw(np.arange(40) % 3, 30, seed=5)[1]
    assert rows.tolist() == [0, 4, 8, 16, 18, 20, 29, 36, 37, 39]


@pytest.mark.parametrize("seed", range(5))
def test_each_class_has_its_share(seed):
    sizes = np.array([2, 7, 40, 151])
    labels = np.random.default_rng(seed).permutation(
        np.repeat(np.arange(4), sizes)
    )
    for count in (4, 50, 133, 196):
        train, validation = splitting.draw(labels, count, seed)
        assert len(train) == count
        both = np.concatenate([train, validation])
        assert sorted(both) == list(range(200))
        share = np.bincount(labels[train], minlength=4) - sizes * count / 200
        assert (abs(share) < 1).all()
        assert (np.diff(train) > 0).all()


#: Labels and how many are drawn: a class of one, fewer than there are classes.
TOO_FEW = {
    "one of a class": ([0] * 10 + [1], 8),
    "few drawn": ([0, 0, 1, 1, 2, 2] * 2, 2),
    "few others": ([0, 0, 1, 1, 2, 2] * 2, 10),
}


@pytest.mark.parametrize("name", TOO_FEW)
def test_where_no_class_can_have_its_share(name):
    labels, count = TOO_FEW[name]
    draws = [splitting.draw(np.array(labels), count, s) for s in range(20)]
    for train, validation in draws:
        assert len(train) == count
        assert sorted([*train, *validation]) == list(range(len(labels)))
    assert len({tuple(train) for train, _ in draws}) > 5


def test_a_set_of_few_examples(config, tmp_path):
    """Five images to train with, one to validate with, of two classes."""
    made.prepare_images(
        "few_to_split",
        tmp_path,
        image=lambda i: np.full((4, 4, 1), i, np.uint8),
    )
    config = made.with_data(config, "few_to_split", tmp_path)
    held_out = {
        int(loaded(config, seed).validation.inputs[0, 0, 0, 0])
        for seed in range(30)
    }
    assert held_out == set(range(6))


#: What is named -> the keys of the splits that share examples.
SHARED = {
    "validation in train": (("train", "train[90%:]", ""), "train.*validation"),
    "validated and tested": (
        ("", "test", "test[:10]"),
        "test_split='test.*validation_split='test'",
    ),
    "trained and tested": (("", "", "train[:3]"), "test_split.*train_split"),
    "one example": (
        ("train[:601]", "train[600:700]", ""),
        "train_split.*validation_split",
    ),
    "around": (
        ("train[10:20]", "train[:100]", ""),
        "train_split.*validation_split",
    ),
    "behind a part of another": (
        ("train[:100]+validation[:9]", "train[100:200]+validation[8:]", ""),
        "train_split.*validation_split",
    ),
    "twice in one": (("train+train[:1]", "", ""), "train_split='train.train"),
}
APART = [
    ("", "", ""),
    ("train[:600]", "train[600:]", ""),
    ("train[50%:]+validation", "train[:50%]", "test[:9]"),
    ("train[:9]+train[20:]", "train[9:20]", ""),
]


def named(config, splits):
    for key, split in zip(("train", "validation", "test"), splits, strict=True):
        config.dataset[f"{key}_split"] = split
    config.batch_size = 4
    return config


@pytest.mark.quick(
    "load_data-validation in train",
    "load_data-validated and tested",
    "load_data-around",
    "load_own_splits-validated and tested",
)
@pytest.mark.parametrize(
    ("load", "name"),
    [("load_data", name) for name in SHARED]
    + [("load_own_splits", "validated and tested")],
)
def test_splits_that_share_examples_are_refused(config, name, load):
    splits, message = SHARED[name]
    config = named(config, splits)
    getattr(loading, load)(config)  # as they are named
    config.dataset.split_seed = 0
    with pytest.raises(InputError, match=f"Received:.*{message}.*no example"):
        getattr(loading, load)(config)


@pytest.mark.quick("splits0")
@pytest.mark.parametrize("splits", APART)
def test_splits_that_share_none_are_drawn(config, splits):
    config = named(config, splits)
    own, drawn = loaded(config, -1), loaded(config, 0)
    assert rows(*drawn[:2]) == rows(*own[:2])
    assert loading.load_for_testing(config).test is drawn.test


def test_texts_stay_in_order(config, tmp_path):
    text = {"text": made.FEATURES.Text()}
    made.prepare("lines", text, lambda i: {"text": "ab" * 9}, tmp_path)
    config = made.with_data(config, "lines", tmp_path)
    config.dataset.window = 5
    # Nothing is drawn, so nothing is refused.
    config.dataset.train_split = "train"
    config.dataset.validation_split = "train[50%:]"
    assert loaded(config, 0) is loaded(config, -1)


def test_points_of_a_mixture_are_drawn_once(config):
    config.dataset.name = gaussians.NAME
    assert loaded(config, 0) is loaded(config, -1)


@pytest.fixture(params=sorted(TRAINERS))
def trainer(request):
    return TRAINERS[request.param]


@pytest.fixture
def trained(trainer, data_dir):
    """A trainer's default config."""
    config = trainer.settings.defaults()
    config.dataset.data_dir = str(data_dir)
    if "metrics" in config:
        config.metrics.features = "raw"
    return config


def test_a_check_of_many_seeds_draws_nothing(trainer, trained):
    configs = [trained.copy_and_resolve_references() for _ in range(3)]
    for seed, config in enumerate(configs):
        config.dataset.split_seed = seed
    drawn = splitting.drawn.cache_info()
    trainer.check(configs)
    assert splitting.drawn.cache_info() == drawn


def test_a_leak_is_refused_before_the_run(trainer, trained, tmp_path):
    trained.dataset.validation_split = "train[:300]"
    trained.dataset.split_seed = 1
    for use in (
        lambda: trainer.check([trained]),
        lambda: trainer.train(trained, tmp_path / "run", verbose=0),
    ):
        with pytest.raises(InputError, match="split_seed=-1"):
            use()
    assert not list(tmp_path.iterdir())


def test_a_run_uses_the_drawn_splits(trainer, trained, tmp_path, monkeypatch):
    class AskedError(Exception):
        """Ends the run."""

    def drawn(seed, *arguments):
        raise AskedError(seed)

    monkeypatch.setattr(splitting, "drawn", drawn)
    trained.dataset.split_seed = 7
    with pytest.raises(AskedError, match="7"):
        trainer.train(trained, tmp_path, verbose=0)


def test_the_measure_of_gans_has_the_splits_of_the_set():
    """All seeds of a comparison are measured by one classifier."""
    keys = []
    for seed in (-1, 0, 1):
        config = gan_default.get_config()
        config.dataset.split_seed = seed
        settings = features.classifier_config(config)
        assert settings.dataset.split_seed == -1
        keys.append(features.folder_name(settings))
    # That of classifiers which are kept since before there was a split_seed.
    assert set(keys) == {"digits-505dffdfd8ab"}
