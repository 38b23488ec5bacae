"""What a comparison's page says of GANs, from made-up runs."""

import types

import pytest

from normzoo.configs import gaussians_gan
from normzoo.layers.diagnosis.markup import joined
from normzoo.trainers.gans import report
from normzoo.trainers.gans.metrics import measures

FINISHED = {
    "status": "finished",
    "split": "test",
    "features": "pixels",
    "last_n_real": 500,
    "last_n_fake": 400,
    "last_seed": 7,
}
#: One that diverged knows not even how many examples it was measured on.
DIVERGED = {**dict.fromkeys(FINISHED), "status": "diverged", "split": "test"}


def appendix(tmp_path, *results):
    config = gaussians_gan.get_config()
    runs, by_name = [], {}
    for seed, result in enumerate(results):
        name = f"norm=batch,seed={seed}"
        runs.append(
            types.SimpleNamespace(
                name=name, variant="norm=batch", seed=seed, config=config
            )
        )
        keys = [metric.key for metric in measures.every(config)]
        numbers = dict.fromkeys(keys, 1.25)
        by_name[name] = {**numbers, **result}
        images = tmp_path / name / "images"
        images.mkdir(parents=True)
        if result["status"] == "finished":
            (images / "fixed-0001.png").write_bytes(b"PNG")
    return joined(*report.appendix(runs, by_name, tmp_path))


def test_the_conditions_are_those_of_a_run_that_was_measured(tmp_path):
    page = appendix(tmp_path, DIVERGED, FINISHED)
    assert (
        "500 real and 400 generated examples, split test, noise of seed 7"
        in page
    )
    assert "Frechet distances are biased upward" in page
    assert "None" not in page


@pytest.mark.parametrize("accuracy", [None, 0.62, 0.99])
def test_weak_features_are_told(accuracy, tmp_path):
    page = appendix(tmp_path, {**FINISHED, "last_feature_accuracy": accuracy})
    weak = "The features are weak: their classifier is right in 62 of 100"
    assert (weak in page) == (accuracy == 0.62)


def test_a_diverged_run_has_no_numbers_and_perhaps_no_picture(tmp_path):
    page = appendix(tmp_path, DIVERGED, FINISHED)
    lost, measured = page.split("<tr ")[2:4]
    assert "1.25" not in lost
    assert "diverged" in lost
    assert "1.25" in measured
    assert "diverged before the first picture" in page


def test_all_runs_may_have_diverged(tmp_path):
    page = appendix(tmp_path, DIVERGED)
    assert "No run was measured: all diverged." in page


@pytest.mark.parametrize("networks", ["toy", "dcgan"])
def test_shares_and_distances_have_bounds(networks):
    config = gaussians_gan.get_config()
    config.networks = networks
    shown = {m.key: m.bounds for m in measures.metrics(config)}
    assert shown["last_frechet"] == (0, float("inf"))
    assert shown["last_precision"] == shown["last_recall"] == (0, 1)
    # An unbiased estimate of 0 is negative now and then.
    assert shown["last_kernel"][0] == -float("inf")
    assert measures.BEST.bounds[0] == 0
