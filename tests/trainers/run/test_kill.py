"""A run that is killed again and again ends as one that is not."""

import os
import random
import signal

import keras
import pytest

from normzoo.configs import default
from normzoo.trainers import classify
from normzoo.trainers.data import loading
from normzoo.trainers.run.session import Session

from .. import killable
from ..equal_runs import assert_equal

pytestmark = pytest.mark.slow

#: Model, norm and precision. All have states that a run must not lose; those
#: of virtual batch norm are in the GAN.
MODELS = {
    "mlp": ("mlp", "batch", "mixed_bfloat16"),
    "cnn": ("cnn", "batch", "float32"),
    "rnn": ("stacked_rnn", "batch", "float32"),
}
#: The one that is killed. What a kill leaves behind does not depend on the
#: model: the others are interrupted once each, in this process.
KILLED = "mlp"
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
    config.epochs = 8
    config.model.width = 8
    config.checkpoint.every_steps = 1
    return config


def with_model(config, name):
    config = config.copy_and_resolve_references()
    model, norm, config.precision = MODELS[name]
    if model == "stacked_rnn":
        config.model = default.get_recurrent_model()
        config.model.update(cell="simple", units=(8,))
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


#: Each kind comes several times.
MOMENTS = 3 * (
    killable.in_training,
    killable.in_a_save,
    killable.at_random(1.5),
)


def test_killed_runs_end_as_others(prepared, tmp_path):
    config = with_model(prepared, KILLED)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(config, whole) == 0
    chance, kills, saving, kept = random.Random(0), 0, 0, set()
    for moment in MOMENTS:
        with killable.started(config=config, workdir=str(killed)) as process:
            moment(killed, process, chance)
            os.kill(process.pid, signal.SIGKILL)
            process.join()
        kills += process.exitcode == -signal.SIGKILL
        saving += killable.is_saving(killed)
        kept.add(killable.newest(killed))
    assert run(config, killed) == 0
    assert_equal(killed, whole)
    assert kills == len(MOMENTS)
    assert saving >= 3
    assert len(kept - {0}) >= 6


class Interrupt(keras.callbacks.Callback):
    """Ends a run after some steps."""

    def __init__(self, steps):
        super().__init__()
        self.left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("name", [n for n in MODELS if n != KILLED])
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
    assert killable.newest(parts) >= 22
    assert not (parts / "DONE").exists()
    classify.train(config, parts, verbose=0)
    assert_equal(parts, whole)


def test_a_gan_that_is_told_to_end_continues(tmp_path):
    """What a kill leaves behind is seen above: it is the same of a GAN."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert run_script(GAN, whole) == 0
    # It saves each step, until it is told to end.
    often = (*GAN, "--config.checkpoint.every_steps=1")
    with started_script(often, parts) as process:
        killable.wait_for((parts / "metrics.jsonl").exists, process)
        os.kill(process.pid, signal.SIGTERM)
        process.join()
    assert process.exitcode == 75
    assert 0 < killable.newest(parts) < 300
    assert not (parts / "DONE").exists()
    assert run_script(GAN, parts) == 0
    assert_equal(parts, whole)
