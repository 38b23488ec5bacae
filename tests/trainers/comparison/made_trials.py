"""Made-up results of each claim's trials, with an effect that is known.

A world is a function of a trial's settings and a gain: 1 where the sentence
holds with that seed, -1 where its contrary does. It returns what of a trial the
claim's judge reads: its result and its log by split.
"""

import importlib
import math

from normzoo.trainers.comparison import sweep
from normzoo.trainers.comparison.trials import Trial


def trials_of(name, gains):
    """Returns the trials of a claim; seed i has the i-th gain."""
    module = importlib.import_module(f"normzoo.configs.claims.{name}")
    config = module.get_config()
    del config.claim
    overrides = [
        {"dataset.name": "digits", **settings, "seed": seed}
        for settings in module.sweep()
        for seed in range(len(gains))
    ]
    runs = sweep.plan(config, overrides)
    made = []
    for run in runs:
        result, log = WORLDS[name](run.settings, gains[run.seed])
        accuracies = {"validation_accuracy": 0.9, "test_accuracy": 0.9}
        result = {"status": "finished", "steps": 100, "seconds": 1.0} | (
            accuracies | result
        )
        lines = {"probe": [{}], "train": [{"accuracy": 0.9}], **log}
        log = [{**x, "split": split} for split in lines for x in lines[split]]
        made.append(Trial(run.settings, result, log))
    return module, made


def _accuracy(value):
    return {"validation_accuracy": value, "test_accuracy": value}, {}


def vanishing_gradients(settings, gain):
    lost = 5 - 3 * gain * (settings["norm"] == "batch")
    kernels = {f"gradient_norm/{i}": 10 ** (i - lost) for i in (0, lost)}
    line = {**kernels, "gradient_norm/logits": 1.0}
    return {}, {"probe": [line, line]}


def initialization(settings, gain):
    width = 1 + gain * (settings["norm"] == "batch")
    trains = abs(math.log10(settings["initializer_scale"])) <= width / 2 + 0.1
    return _accuracy(0.9 if trains else 0.1)


def learning_rate(settings, gain):
    largest = gain * (settings["norm"] == "batch")
    trains = math.log10(settings["learning_rate"]) <= largest + 0.1
    return _accuracy(0.9 if trains else 0.1)


def speed(settings, gain):
    steps = 50 - 40 * gain * (settings["norm"] == "batch")
    lines = [{"step": 1, "accuracy": 0.1}, {"step": steps, "accuracy": 0.9}]
    return {}, {"validation": lines}


def dropout(settings, gain):
    best = 0.4 - 0.2 * gain * (settings["norm"] == "batch")
    return _accuracy(0.9 - abs(settings["dropout"] - best))


def inference_cost(settings, gain):
    seconds = {"none": 1.0, "batch": 1.05 + 0.02 * gain}
    others = dict.fromkeys(("folded", "layer", "virtual"), 1.0)
    return {f"latency_{k}": v for k, v in {**others, **seconds}.items()}, {}


def small_batches(settings, gain):
    lost = 0.02 * (1 - gain) * (settings["batch_size"] < 8)
    line = {"training_accuracy": 0.9, "inference_accuracy": 0.9}
    result, _ = _accuracy(0.9 - lost)
    return result, {"probe": [line]}


def position(settings, gain):
    before = {"before": True, "after": False}.get(settings.get("norm_position"))
    if before is None:
        before = settings["norm"] == "input"
    line = {"step": 10, "accuracy": 0.9}
    result, _ = _accuracy(0.9 + 0.05 * gain * before)
    return result, {"validation": [line]}


def scale_and_shift(settings, gain):
    both = settings["scale"] and settings["center"]
    line = {"step": 10, "accuracy": 0.9}
    result, _ = _accuracy(0.9 + 0.05 * gain * both)
    return result, {"validation": [line]}


def layer_norm(settings, gain):
    result, log = speed({"norm": "none"}, gain)
    log = speed({"norm": "batch"}, gain)[1] if _is_layer(settings) else log
    line = {"logits": 1.0, "weight_norm/a": 1.0, "gradient_norm/a": 1.0}
    return result, {**log, "probe": [line, line]}


def _is_layer(settings):
    return settings["norm"] == "layer"


def pre_norm(settings, gain):
    pre_norm = (settings["norm"], settings["norm_position"]) == (
        "layer",
        "before",
    )
    trains = math.log10(settings["learning_rate"]) <= gain * pre_norm - 2.4
    return _accuracy(0.9 if trains else 0.1)


def recurrent(settings, gain):
    line = {"accuracy": 0.9, "accuracy_twice_as_long": 0.9, "shift": 0.5}
    result, _ = _accuracy(0.9 - 0.1 * gain * (settings["norm"] == "batch"))
    return result, {"probe": [line]}


def between_steps(settings, gain):
    line = {"input_gradient_first": 1.0, "input_gradient_last": 1.0}
    result, _ = _accuracy(0.9 - 0.1 * gain * (settings["norm"] == "batch"))
    return result, {"probe": [line]}


def batch_mates(settings, gain):
    change = 0.01 * (1 + gain) * (settings["norm"] == "batch")
    modes = ("training", "inference")
    changes = {f"last_batch_dependence_{mode}": change for mode in modes}
    return {"last_frechet": 10.0, **changes}, {}


def virtual_batch_norm(settings, gain):
    return _gan(gain * (settings["norm"] == "virtual"))


def spectral_norm(settings, gain):
    return _gan(gain * (settings["weight_norm"] == "spectral"))


def gan_without_norm(settings, gain):
    # The claim holds without a difference, too.
    return _gan((gain < 0) * (settings["norm"] != "none"))


def conditional_batch_norm(settings, gain):
    return _gan(gain * (settings["condition"] == "norm"))


def _gan(gain):
    names = ("recall", "precision", "class_coverage", "class_accuracy")
    names = [f"last_{name}" for name in names]
    distances = ("last_frechet", "validation_frechet", "last_class_frechet")
    found = dict.fromkeys(distances, 10.0 - 5 * gain)
    return {**dict.fromkeys(names, 0.5), **found}, {}


def smooth_loss(settings, gain):
    smooth = settings["norm"] == "batch" and not settings["norm_noise"]
    size = 10.0 ** (-gain * smooth)
    keys = ("loss_range", "gradient_change", "relative_change")
    return {}, {"probe": [dict.fromkeys(keys, size)] * 2}


def independence(settings, gain):
    change = 10.0 ** (-gain * (settings["norm"] == "batch"))
    line = {
        "loss": 1.0,
        "gradient_norm/a": 1.0,
        "relative_change/a": change,
        "cosine/a": 0.5,
    }
    return {}, {"probe": [line] * 3}


def raw_inputs(settings, gain):
    result, _ = _accuracy(
        0.9 + 0.05 * gain * (settings["input_norm"] != "none")
    )
    return {**result, "validation_loss": 1.0}, {}


def layer_norm_regularizes(settings, gain):
    held_out = 1.0 - 0.5 * gain * _is_layer(settings)
    training = {0: 2.3, 2: 2.0, 4: 0.2, 6: 0.02}
    probe = [{"epoch": k, "loss": v} for k, v in training.items()]
    lines = [{"epoch": k, "loss": held_out} for k in training if k]
    return {}, {"probe": probe, "validation": lines}


def scale_and_shift_speed(settings, gain):
    both = settings["scale"] and settings["center"]
    return speed({"norm": "batch" if both else "none"}, gain)


def exploding_weights(settings, gain):
    grown = 10 ** (0.5 - 0.5 * gain * _is_layer(settings))
    lines = [{"weight_norm/a": w, "weight_norm/b": 1.0} for w in (1.0, grown)]
    return {}, {"probe": lines}


def renormalization(settings, gain):
    repaired = settings["renorm"] and settings["batch_size"] < 8
    result, _ = _accuracy(0.9 + 0.02 * (1 + 2 * gain) * repaired)
    return {**result, "validation_loss": 1.0}, {}


def dynamic_tanh(settings, gain):
    lost = 0.02 * (1 - gain) * (settings["norm"] == "dynamic_tanh")
    result, _ = _accuracy(0.9 - lost)
    return {**result, "validation_loss": 1.0}, {}


WORLDS = {
    "batch_mates": batch_mates,
    "between_steps": between_steps,
    "conditional_batch_norm": conditional_batch_norm,
    "dropout": dropout,
    "dynamic_tanh": dynamic_tanh,
    "exploding_weights": exploding_weights,
    "gan_without_norm": gan_without_norm,
    "independence": independence,
    "inference_cost": inference_cost,
    "initialization": initialization,
    "layer_norm": layer_norm,
    "layer_norm_regularizes": layer_norm_regularizes,
    "learning_rate": learning_rate,
    "position": position,
    "pre_norm": pre_norm,
    "raw_inputs": raw_inputs,
    "recurrent": recurrent,
    "renormalization": renormalization,
    "scale_and_shift": scale_and_shift,
    "scale_and_shift_speed": scale_and_shift_speed,
    "small_batches": small_batches,
    "smooth_loss": smooth_loss,
    "spectral_norm": spectral_norm,
    "speed": speed,
    "vanishing_gradients": vanishing_gradients,
    "virtual_batch_norm": virtual_batch_norm,
}
