"""The feature vectors that GAN metrics compare, and where they come from."""

import dataclasses
import hashlib
import json
import math
import os
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from ....configs import default
from ....layers.numerics.tracing import graph_of
from ...common import lock
from ...common.errors import InputError
from ...common.files import make_folder
from ...data import stacked
from ...data.sources import square_images
from ...own import files
from ...supervised import trainer as classifier
from ..real import to_unit
from ..sampling import in_batches

_BATCH = 128


class Features(NamedTuple):
    """A map from examples to what is compared.

    Attributes:
        name: of the map.
        accuracy: on the test split, of a classifier; else None.
        extract: examples in [-1, 1] -> float64 features `(examples,
            dimensions)`, and the predicted classes or None.
    """

    name: str
    accuracy: float | None
    extract: Callable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Where `Features` come from: one name of `config.metrics.features`.

    Attributes:
        load: function of the config that returns `Features`.
        dimensions: function of the config and an example's shape that returns
            how many numbers describe an example.
        check: function of the config that raises `InputError` if something
            that cannot be made is missing.
        prepare: function of the config that makes what `load` reads.
    """

    load: Callable
    dimensions: Callable
    check: Callable = lambda config: None
    prepare: Callable = lambda config: None


def load_features(config):
    """Returns the `Features` that `config.metrics.features` names.

    - `classifier`: the last hidden layer of the zoo's CNN, trained on the same
      data set. It is trained once per data set and setting, and kept. It has
      the set's own splits, whatever `dataset.split_seed` and
      `dataset.train_share`: all runs are measured alike. Some of the examples
      that a run validates with, it may have been trained with, the same ones
      for all variants; none of the test. Of stacked images it sees one color
      at a time; the features of the three stand side by side. Images without
      classes are turned by quarters, and it tells by how many.
    - `raw`: the values themselves.
    - `inception`: Keras' Inception v3, for those who have its ImageNet weights.

    Raises:
        InputError: the weights are not there, or the data cannot be used.
    """
    return SOURCES[config.metrics.features].load(config)


def _flatten(examples):
    return examples.reshape(len(examples), -1).astype(np.float64), None


def _trained(config):
    """Returns folder and result of the classifier, trained if it is not."""
    settings = classifier_config(config)
    folder = _cache(config.metrics) / folder_name(settings)
    # Several runs of a comparison may ask at once.
    with lock.waited_for(folder.with_name(f"{folder.name}.lock")):
        if _is_older(folder):
            # Keys that it lacks count as their defaults.
            settings.population = default.get_config().population
        result = classifier.train(settings, folder, verbose=0)
    if result["status"] != "finished":
        raise InputError(
            f"The classifier for the metrics diverged, see {folder}. Use "
            "--config.metrics.features=raw."
        )
    return folder, result


def _is_older(folder):
    """Returns whether a version without the newer keys kept a classifier."""
    try:
        held = json.loads((folder / "config.json").read_text())
    except (OSError, ValueError):  # whoever trains says what is wrong with it
        return False
    return "population" not in held["config"]


def folder_name(settings):
    """Returns the name of a classifier's folder, by all that it depends on."""
    resolved = classifier.resolve(settings)
    # Older versions did not have the keys, and their classifiers are as good.
    del resolved["task"], resolved["population"], resolved["callbacks"]
    del resolved["dataset"]["split_seed"], resolved["dataset"]["train_share"]
    # The classifier has neither.
    del resolved["model"]["weight_norm"]
    del resolved["optimizer"]["adaptive_clipping"]
    # No GAN has such inputs.
    del resolved["dataset"]["standardize"]
    name = settings.dataset.name
    if square_images.is_folder(name):
        resolved["files"] = square_images.fingerprint(name)
        name = pathlib.Path(name).name
    key = json.dumps(resolved, sort_keys=True)
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{name}-{digest}"


def _classifier(config):
    folder, result = _trained(config)
    model = files.load_any(folder / "checkpoints" / "final.keras")
    hidden = model.get_layer("activation_dense").output
    both = keras.Model(model.input, [hidden, model.output])
    # Not `predict`, which takes the strategy that it is called under.
    step = graph_of(lambda x: both(x, training=False))

    def extract(images):
        features, logits = in_batches(step, to_unit(images), _BATCH)
        return features.astype(np.float64), logits.argmax(-1)

    def extract_unlabeled(images):
        return extract(images)[0], None

    def extract_stacked(images):
        features, classes = extract(stacked.channels_apart(images))
        triples = classes.reshape(len(images), -1)
        joined = stacked.joined_classes(triples, both.output_shape[1][-1])
        return features.reshape(len(images), -1), joined

    if stacked.is_stacked(config.dataset.name):
        chosen = extract_stacked
    elif classifier_config(config).dataset.name != config.dataset.name:
        chosen = extract_unlabeled  # its classes are none of the data's
    else:
        chosen = extract
    return Features("classifier", result["test_accuracy"], chosen)


def classifier_config(config):
    """Returns the config of the classifier that a GAN's config asks for."""
    settings = default.get_config()
    if stacked.is_stacked(config.dataset.name):
        config = stacked.of_one(config)
    settings.dataset = config.dataset.copy_and_resolve_references()
    if square_images.is_folder(config.dataset.name):
        settings.dataset.name = square_images.with_labels(config.dataset.name)
    # One measure for all seeds and shares of a comparison.
    settings.dataset.split_seed = -1
    settings.dataset.train_share = 1.0
    settings.model.name = "cnn"
    settings.model.width = 16
    settings.model.dense_units = config.metrics.feature_units
    settings.batch_size = 64
    settings.epochs = config.metrics.classifier_epochs
    settings.steps_per_execution = 20
    settings.deterministic = config.deterministic
    # Classifiers that are kept had none, and go on to be the measure.
    settings.population.examples = 0
    return settings


def _cache(metrics):
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = metrics.cache_dir or os.path.join(home, "normzoo")
    path = pathlib.Path(folder).expanduser()
    other = "Another one is --config.metrics.cache_dir=DIR"
    return make_folder(path, "The folder of classifiers", other)


def _inception_weights(config):
    metrics = config.metrics
    name = "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5"
    kept = pathlib.Path("~/.keras/models").expanduser() / name
    path = pathlib.Path(metrics.inception_weights or kept).expanduser()
    if not path.is_file():
        raise InputError(
            f"The weights of Inception v3 are not in {path}. Nothing is "
            f"downloaded here: put Keras' {name} there, give its path with "
            "--config.metrics.inception_weights=FILE, or use "
            "--config.metrics.features=classifier."
        )
    return path


def _inception(config):
    path = _inception_weights(config)
    model = keras.applications.InceptionV3(
        include_top=False, weights=None, pooling="avg"
    )
    model.load_weights(path)

    def step(images):
        colors = tf.broadcast_to(images, [*images.shape[:3], 3])
        return model(tf.image.resize(colors, (299, 299)), training=False)

    compiled = graph_of(step)

    def extract(images):
        return in_batches(compiled, images, _BATCH).astype(np.float64), None

    return Features("Inception v3", None, extract)


def _classifier_dimensions(config, shape):
    channels = shape[-1] if stacked.is_stacked(config.dataset.name) else 1
    return channels * config.metrics.feature_units


#: Name of `config.metrics.features` -> `Source`.
SOURCES = {
    "classifier": Source(
        load=_classifier,
        dimensions=_classifier_dimensions,
        prepare=_trained,
    ),
    "raw": Source(
        load=lambda config: Features("raw values", None, _flatten),
        dimensions=lambda config, shape: math.prod(shape),
    ),
    "inception": Source(
        load=_inception,
        dimensions=lambda config, shape: 2048,
        check=_inception_weights,
    ),
}
