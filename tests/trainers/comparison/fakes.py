"""A trainer that trains nothing: its results are what a test says."""

import contextlib
import json

import keras
import ml_collections
import pytest

from normzoo.configs import default
from normzoo.trainers.common.metric import Metric
from normzoo.trainers.comparison.engines.engine import Work
from normzoo.trainers.comparison.procedure import plan_file
from normzoo.trainers.comparison.procedure.designing import make_plan
from normzoo.trainers.comparison.procedure.stages import conduct
from normzoo.trainers.comparison.runner import Runner, check
from normzoo.trainers.comparison.trainers import TRAINERS
from normzoo.trainers.run.settings import Settings
from normzoo.trainers.run.trainer import Trainer

RATE = "optimizer.learning_rate"
SCORE = Metric(
    key="test_score", name="score", title="score", higher_is_better=True
)
ODD = Metric(key="test_odd", name="odd", title="odd", higher_is_better=None)


def fake_config():
    """What the trainer can set."""
    compare = default.get_comparison()
    compare.metric, compare.least = "score", {"score": 0.1}
    return ml_collections.ConfigDict(
        {
            "fake": {"norm": "none", "units": (1,), "fast": False},
            "seed": 0,
            "batch_size": 1,
            "epochs": 3,
            "log_every_steps": 1,
            "validate_every_epochs": 1,
            "steps_per_execution": 1,
            "optimizer": {
                "learning_rate": 0.1,
                "weight_decay": 0.0,
                "momentum": 0.0,
                "clipnorm": 0.0,
                "adaptive_clipping": 0.0,
            },
            "dataset": {
                "name": "digits",
                "image_size": 0,
                "window": 1,
                "split_seed": -1,
            },
            "checkpoint": default.get_config().checkpoint,
            "precision": "float32",
            "distribution": "none",
            "jit_compile": False,
            "deterministic": True,
            "compare": compare,
        }
    )


class Fake:
    """The trainer, and what it has done.

    Attributes:
        figures: function of a config that returns the test and the validation
            figure; None instead if it diverged.
        trained: names of the runs, in their order.
        log: function of a config and a run's folder that writes its logs.
        stop_after: number of runs after which it is killed, or None.
    """

    def __init__(self):
        self.figures = lambda config: (1.0, 1.0)
        self.trained = []
        self.log = _log_one_line
        self.stop_after = None
        self.trainer = Trainer(
            key="fake",
            script="my.fakes",
            settings=Settings(defaults=fake_config, begin="fake_config()"),
            train=self._train,
            check=lambda configs: None,
            metrics=lambda config: (SCORE, ODD),
            table=lambda config: (SCORE,),
            norm="fake.norm",
        )

    def _train(self, config, workdir, *, verbose=0, session=None):
        if self.stop_after == len(self.trained):
            raise KeyboardInterrupt
        self.trained.append(workdir.name)
        rundir = self.trainer.rundir(config, workdir)
        rundir.path.mkdir(exist_ok=True)
        rundir.start(self.trainer.resolve(config), {})
        self.log(config, rundir.path)
        result = {"status": "finished", "parameters": 0, "seconds": 1.0}
        test, validation = self.figures(config) or (None, None)
        if test is None:
            result["status"] = "diverged"
        result |= {"test_score": test, "validation_score": validation}
        rundir.finish(result)
        return result


def _log_one_line(config, path):
    line = {"split": "validation", "score": 0.0}
    (path / "metrics.jsonl").write_text(json.dumps(line) + "\n")


@contextlib.contextmanager
def registered():
    """Yields a `Fake`; meanwhile configs with `fake` are for it."""
    fake = Fake()
    with pytest.MonkeyPatch.context() as patch:
        # There is nothing to clear, and it takes long.
        patch.setattr(keras.backend, "clear_session", lambda: None)
        patch.setitem(TRAINERS, "fake", fake.trainer)
        yield fake


@pytest.fixture
def fake():
    """The `Fake`; configs with `fake` are for it."""
    with registered() as fake:
        yield fake


def run(
    config,
    overrides,
    workdir,
    *,
    seeds=None,
    command="the command",
    look=lambda found: None,
    running=lambda found: None,
):
    """Does what `compare` does before its reports; returns the `Found`."""
    plan = make_plan(config, overrides, seeds)
    check(plan.every_run, workdir)
    record = plan_file.begin(workdir, plan.design, config, command)
    with Runner(Work(workdir)) as runner:
        return conduct(plan, runner, record, look, running)


def norms(*names):
    """Returns the overrides of variants."""
    return [{"fake.norm": name} for name in names]
