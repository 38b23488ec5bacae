"""Classifiers that an older version has kept go on to be the measure."""

import json

import pytest

from normzoo.configs import digits_dcgan
from normzoo.trainers.gans.metrics import features


@pytest.mark.parametrize(
    ("held", "examples"),
    [
        (None, 0),
        ({"population": {"examples": 0}}, 0),
        # Of an older version: the key that it lacks counts as its default.
        ({"seed": 0}, 5000),
    ],
)
def test_a_kept_classifier_is_taken(held, examples, tmp_path, monkeypatch):
    config = digits_dcgan.get_config()
    config.metrics.cache_dir = str(tmp_path)
    name = features.folder_name(features.classifier_config(config))
    if held is not None:
        (tmp_path / name).mkdir()
        text = json.dumps({"config": held})
        (tmp_path / name / "config.json").write_text(text)
    asked = []

    def train(settings, folder, verbose):
        asked.append((settings.population.examples, folder.name))
        return {"status": "finished"}

    monkeypatch.setattr(features.classifier, "train", train)
    features._trained(config)
    assert asked == [(examples, name)]
