"""A run that is killed again and again ends as one that is not."""

import concurrent.futures
import contextlib
import itertools
import os
import random
import signal
import time

import keras
import pytest

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.data import loading
from normzoo.trainers.run.session import Session

from .. import killable
from ..equal_runs import assert_equal

pytestmark = pytest.mark.slow

#: Model, norm and precision. All have states that a run must not lose.
MODELS = {
    "mlp": ("mlp", "batch", "float32"),
    "mlp, bfloat16": ("mlp", "virtual", "mixed_bfloat16"),
    "cnn": ("cnn", "batch", "float32"),
    "cnn, bfloat16": ("cnn", "layer", "mixed_bfloat16"),
    "rnn": ("stacked_rnn", "batch", "float32"),
    "rnn, bfloat16": ("stacked_rnn", "batch", "mixed_bfloat16"),
}
#: How often each is killed. What a kill leaves behind does not depend on the
#: model: the others are interrupted once each, in this process.
KILLS = {"mlp": 8, "mlp, bfloat16": 4}
#: A GAN's script, long enough to be met in the middle. It saves only when told.
GAN = (
    "gan",
    "--config=gaussians_gan",
    "--config.generator.norm=virtual",
    "--config.discriminator.norm=batch",
    "--config.generator.base_width=8",
    "--config.discriminator.base_width=8",
    "--config.batch_size=16",
    "--config.epochs=2",
    "--config.steps_per_epoch=150",
    "--config.steps_per_execution=1",
    "--config.metrics.samples=100",
)


@pytest.fixture
def prepared(config):
    """A config that saves all the time."""
    loading.load_data(config)  # else all processes would prepare it
    config.steps_per_execution = 1
    config.log_every_steps = 3
    config.epochs = 4
    config.model.width = 8
    config.checkpoint.every_steps = 1
    return config


def with_model(config, name):
    config = config.copy_and_resolve_references()
    model, norm, config.precision = MODELS[name]
    if model == "stacked_rnn":
        config.model = default.get_recurrent_model()
        config.model.units = (8,)
        config.dataset.view = "rows"
    config.model.name, config.model.norm = model, norm
    config.model.dropout = 0.2
    return config


def run(config, workdir, **options):
    """Returns the exit code of a run that is left alone."""
    with killable.started(
        config=config, workdir=str(workdir), **options
    ) as process:
        process.join()
        return process.exitcode


def started_script(argv, workdir):
    """Starts a script as a user does, and yields its process."""
    return killable.started(argv=(*argv, f"--workdir={workdir}"))


def run_script(argv, workdir):
    """Returns the exit code of a script that is left alone."""
    with started_script(argv, workdir) as process:
        process.join()
        return process.exitcode


def at_random(seconds):
    """Some time after the start, or while the state is read."""

    def wait(workdir, process, chance):
        time.sleep(chance.uniform(0, seconds))

    return wait


def newest(workdir):
    """Returns the step of the newest complete checkpoint, or 0."""
    files = (workdir / "checkpoints").glob("step-*.index")
    return max((int(file.stem.partition("-")[2]) for file in files), default=0)


def in_training(workdir, process, chance):
    """A few steps and checkpoints after the start."""
    goal = newest(workdir) + chance.randint(1, 8)
    killable.wait_for(lambda: newest(workdir) >= goal, process)
    time.sleep(chance.uniform(0, 0.05))


def in_a_save(workdir, process, chance):
    """While there are files of a checkpoint that is not complete."""
    in_training(workdir, process, chance)
    killable.wait_for(lambda: is_saving(workdir), process)


def is_saving(workdir):
    with contextlib.suppress(FileNotFoundError):
        names = os.listdir(workdir / "checkpoints")
        return any(name.endswith("_temp") for name in names)
    return False


MOMENTS = (in_training, in_a_save, at_random(1.5), in_a_save, in_training)


def kill_again_and_again(config, workdir, seed, times):
    """Kills a run, lets it end, and returns what was counted.

    These are the kills, those in a save, and those that left a checkpoint to
    go on from.
    """
    chance, kills, saving, kept = random.Random(seed), 0, 0, set()
    for moment in itertools.islice(itertools.cycle(MOMENTS), times):
        with killable.started(config=config, workdir=str(workdir)) as process:
            moment(workdir, process, chance)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        kills += process.exitcode == -signal.SIGKILL
        saving += is_saving(workdir)
        kept.add(newest(workdir))
    assert run(config, workdir) == 0
    return kills, saving, len(kept - {0})


def kill_each(configs, kills, folder):
    """Compares killed runs with whole ones; returns the counts of all.

    Args:
        configs, kills: name -> config, and how often to kill its run.
        folder: of the runs.
    """

    def work(job):
        seed, name = job
        assert run(configs[name], folder / name) == 0
        killed = folder / f"{name} killed"
        return kill_again_and_again(configs[name], killed, seed, kills[name])

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(work, enumerate(configs)))
    for name in configs:
        assert_equal(folder / f"{name} killed", folder / name)
    return tuple(map(sum, zip(*counts, strict=True)))


def test_killed_runs_end_as_others(prepared, tmp_path):
    configs = {name: with_model(prepared, name) for name in KILLS}
    kills, saving, resumed = kill_each(configs, KILLS, tmp_path)
    assert kills >= 11
    assert saving >= 2
    assert resumed >= 8


def test_killed_gans_end_as_others(toy_gan, tmp_path):
    # A save is short, and whoever waits for one may miss many.
    toy_gan.steps_per_epoch = 40
    kills, _, resumed = kill_each({"gan": toy_gan}, {"gan": 3}, tmp_path)
    assert kills == 3
    assert resumed >= 2


class Interrupt(keras.callbacks.Callback):
    """Ends a run after some steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", [name for name in MODELS if name not in KILLS])
def test_interrupted_runs_end_as_others(prepared, name, tmp_path):
    config = with_model(prepared, name)
    config.epochs = 2
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    # Both with one compiled model, the continued run with a new one.
    with Session(reuse_models=True) as session:
        classify.train(config, whole, verbose=0, session=session)
        with pytest.raises(KeyboardInterrupt):
            classify.train(
                config,
                parts,
                verbose=0,
                session=session,
                callbacks=[Interrupt(steps=23)],  # of 18 in an epoch
            )
    assert newest(parts) >= 22
    assert not (parts / "DONE").exists()
    classify.train(config, parts, verbose=0)
    assert_equal(parts, whole)


def test_a_gan_that_is_told_to_end_continues(tmp_path):
    whole, told = tmp_path / "whole", tmp_path / "told"
    assert run_script(GAN, whole) == 0
    with started_script(GAN, told) as process:
        killable.wait_for((told / "metrics.jsonl").exists, process)
        os.kill(process.pid, signal.SIGTERM)
        process.join()
    assert process.exitcode == 75
    assert 0 < newest(told) < 300
    assert not (told / "DONE").exists()
    assert run_script(GAN, told) == 0
    assert_equal(told, whole)
