"""What a variant's models are like, and what they make of the data."""

import zipfile
from typing import Any, NamedTuple

from ...common.errors import InputError, shortly
from ...inspection.graph_view import graph_view
from ...run.summaries import image, text
from ..trainers import trainer_of

#: Of a class that this process does not know, or of a file that is gone.
_NOT_LOADED = (InputError, OSError, TypeError, ValueError, zipfile.BadZipFile)


class _View(NamedTuple):
    """What is shown of a run's models.

    Attributes:
        summaries: their layers, and images.
        graph: a `GraphDef`, or None.
    """

    summaries: tuple = ()
    graph: Any = None


class ModelViews:
    """The graphs of variants' models, their layers, and images.

    Those of a run are made once, and may be made before they are written: it
    takes a third of a second for each variant, while the last runs train on
    other cores.

    Args:
        workdir: of the comparison.
    """

    def __init__(self, workdir):
        self._workdir = workdir
        self._views = {}

    def prepare(self, outcomes):
        """Makes what `add` writes, and returns it.

        Args:
            outcomes: the `Outcome`s of one variant.
        """
        ended = [o for o in outcomes if o.result["status"] != "diverged"]
        run = (ended or outcomes)[0].run
        if run.name not in self._views:
            self._views[run.name] = _view(run, self._workdir / run.name)
        return self._views[run.name]

    def add(self, events, outcomes):
        """Writes the view of a variant's first run that has not diverged.

        Args:
            events: the `EventFile` of the variant.
            outcomes: its `Outcome`s.
        """
        view = self.prepare(outcomes)
        for summary in view.summaries:
            events.add(summary, step=0)
        if view.graph is not None:
            events.add_graph(view.graph)


def _view(run, folder):
    trainer = trainer_of(run.config)
    try:
        models = trainer.models(run.config, folder)
    except _NOT_LOADED as error:
        said = f"`{run.name}`: the model cannot be loaded: {shortly(error)}"
        return _View((text("model", said),))
    if not models:
        return _View()
    parts = [f"{name}:\n\n```\n{_layers(m)}\n```" for name, m in models.items()]
    said = "\n\n".join([f"`{run.name}`", *parts])
    images = trainer.images(run.config, models, folder)
    return _View(
        (text("model", said), *(image(tag, pixels) for tag, pixels in images)),
        graph_view(models),
    )


def _layers(model):
    lines = []
    model.summary(print_fn=lines.append, expand_nested=True, line_length=80)
    return "\n".join(lines)
