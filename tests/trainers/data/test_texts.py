"""Texts as examples, and language models of them."""

import json
import math

import keras
import numpy as np
import pytest

from normzoo.trainers import compare
from normzoo.trainers.common.errors import InputError
from normzoo.trainers.data import loading, pipeline, texts
from normzoo.trainers.supervised.metrics import BitsPerCharacter

from . import prepared

needs_shakespeare = prepared.needs("tiny_shakespeare")


def test_every_character_but_the_first_is_a_label_once():
    text = "to be, or not to be"
    vocabulary = texts.characters(text)
    assert vocabulary == " ,benort"
    codes = texts.encode(text, vocabulary, "train")
    inputs, labels = texts.windows(codes, 4)
    assert inputs.shape == labels.shape == (4, 4)  # two characters are left

    def decode(array):
        return "".join(vocabulary[code] for code in array.ravel())

    assert decode(inputs) == text[:16]
    assert decode(labels) == text[1:17]


def test_characters_beyond_ascii():
    codes = texts.encode("é€a", texts.characters("a€é"), "train")
    np.testing.assert_array_equal(codes, [1, 2, 0])


def test_a_character_that_training_lacks_is_named():
    with pytest.raises(InputError, match=r"'test' has.*'!x'.*train_split"):
        texts.encode("abx!", "abc", "test")


@pytest.mark.parametrize("length", [0, 5])
def test_a_window_must_fit_the_text(length):
    with pytest.raises(InputError, match=f"1 to 4.*Received: {length}"):
        texts.windows(range(5), length)


def test_bits_per_character():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, (5, 3))
    logits = rng.normal(size=(5, 3, 4))
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    bits = -np.log2(np.take_along_axis(p, labels[..., None], -1))
    metric = BitsPerCharacter()
    metric.update_state(labels[:2], logits[:2])
    metric.update_state(labels[2:], logits[2:])
    assert float(metric.result()) == pytest.approx(bits.mean(), rel=1e-5)
    again = BitsPerCharacter.from_config(metric.get_config())
    assert again.name == "bits_per_character"


@pytest.fixture
def text_config(config):
    """A small language model and the real text, a few steps of it."""
    config.dataset.name = "tiny_shakespeare"
    config.dataset.data_dir = str(prepared.FOLDER)
    config.dataset.window = 25
    config.model = {
        "name": "stacked_rnn",
        "cell": "simple",
        "units": (32,),
        "norm": "batch",
        "readout": "each",
    }
    config.optimizer.name, config.optimizer.momentum = "adam", 0.0
    config.optimizer.learning_rate = 1e-2
    config.batch_size = 1024
    config.epochs = 1
    config.compare.metric = "bits_per_character"
    return config


@needs_shakespeare
def test_the_text_as_it_is(config):
    config.dataset.name = "tiny_shakespeare"
    config.dataset.data_dir = str(prepared.FOLDER)
    data = loading.load_data(config)
    assert data.num_classes == 65
    assert data.input_shape == (100,)
    assert data.per_step
    sizes = [len(split.labels) for split in data[:3]]
    assert sizes == [10_038, 557, 557]
    batches = pipeline.training_batches(data.train, 64, 1, seed=0)
    inputs, labels = next(batches.as_numpy_iterator())
    np.testing.assert_array_equal(inputs[:, 1:], labels[:, :-1])


@pytest.mark.slow
@needs_shakespeare
def test_a_language_model_learns(text_config, tmp_path):
    text_config.compare.baseline = ""
    sweep = [{"model.norm": "batch", "seed": 0}]
    summary = compare.compare(text_config, sweep, tmp_path)
    assert summary.metrics == ("test_bits_per_character", "test_accuracy")
    run = tmp_path / "norm=batch,seed=0"
    result = json.loads((run / "DONE").read_text())
    bits = result["test_bits_per_character"]
    assert bits == pytest.approx(result["test_loss"] / math.log(2), 1e-5)
    # That of the characters' frequencies is 4.8.
    assert bits < 4
    model = keras.saving.load_model(run / "checkpoints/final.keras")
    test = pipeline.evaluation_batches(
        loading.load_data(text_config).test, text_config.evaluation_batch_size
    )
    measured = model.evaluate(test, verbose=0, return_dict=True)
    assert measured["bits_per_character"] == pytest.approx(bits, 1e-6)
    reports = [
        (tmp_path / name).read_text()
        for name in ("summary.md", "report.html", "summary.csv")
    ]
    assert "| bits/char | difference |" in reports[0]
    assert f"| {bits:.3f} | baseline |" in reports[0]
    assert ">bits/char</th>" in reports[1]
    assert "test_bits_per_character_mean" in reports[2]


@needs_shakespeare
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.readout", "last", r"shape \(None, 65\).*\(None, 25, 65\)"),
        ("dataset.view", "rows", "no images.*view='rows'"),
        ("dataset.standardize", True, "not numbers.*standardize=True"),
        ("batch_size", 50_000, "1 to 40154.*50000"),
        ("dataset.window", 10**6, "one less than"),
        ("compare.metric", "loss", "'loss'.*bits_per_character"),
    ],
)
def test_what_a_text_cannot_be_is_refused(
    text_config, key, value, message, tmp_path
):
    text_config.update_from_flattened_dict({key: value})
    sweep = [{"model.norm": "none", "seed": 0}]
    with pytest.raises(InputError, match=message):
        compare.compare(text_config, sweep, tmp_path / "run")
    assert not (tmp_path / "run").exists()
