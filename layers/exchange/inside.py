"""The norms inside a layer that is no functional model."""

from ..models.attributes import names_inside, places
from ..models.biases import cancels_more, loses_shift
from ..models.inner_layers import inner_layers
from ..models.kinds import is_graph
from .report import replacement
from .substitutes import NoSubstituteError, built_substitute
from .twins import finish, twin_of


class Inside:
    """The norms inside one layer, and a layer like it with others.

    Args:
        outer: the layer or model; it has been called.
        prefix: of the names of the norms.
        wanted: function of a layer and its name: whether it is meant.
        choice: the `Choice`.
        copy_graph: function of a functional model in the layer and of a
            function of its layers, which are meant; it returns the
            `ReplaceResult`.

    Attributes:
        outer: the layer.
        twin: the one that takes its place, not called; None if there is none.
        left: name of a norm -> why it stays as it is.
    """

    def __init__(self, outer, prefix, wanted, choice, copy_graph):
        self.outer, self.twin, self.left = outer, None, {}
        names = names_inside(outer).items()
        self._names = {layer: prefix + name for layer, name in names}
        self._wanted = {x for x, name in self._names.items() if wanted(x, name)}
        self._choice, self._copy_graph = choice, copy_graph
        self._norms, self._models = {}, {}
        found = places(outer) if self._wanted else {}
        for path, layer in found.items():
            around = (found.get(path[:i]) for i in range(len(path)))
            if self._norms.keys().isdisjoint(around):
                self._find(layer)
        self._make_twin()

    def _find(self, layer):
        if is_graph(layer):
            inner = self._wanted.intersection(inner_layers(layer))
            if inner:
                self._models[layer] = self._copy_graph(layer, inner)
        elif layer in self._wanted:
            try:
                self._norms[layer] = _substitute(layer, self._choice)
            except NoSubstituteError as reason:
                self.left[self._names[layer]] = str(reason)

    def _make_twin(self):
        for layer, result in self._models.items():
            self.left |= self._inside(layer, result.left)
        self._models = {k: x for k, x in self._models.items() if x.replaced}
        if not self._others:
            return
        try:
            self.twin = twin_of(self.outer, self._others)
        except NoSubstituteError as reason:
            for name in self._reported():
                self.left[name] = str(reason)

    @property
    def _others(self):
        models = {layer: each.model for layer, each in self._models.items()}
        return {**self._norms, **models}

    def finish(self):
        """Gives the built twin all state; returns name -> `Replacement`."""
        if self.twin is None:
            return {}
        finish(self.outer, self.twin, self._others)
        return self._reported()

    def _reported(self):
        found = {
            self._names[layer]: replacement(layer, new, _bias(layer, new))
            for layer, new in self._norms.items()
        }
        for layer, result in self._models.items():
            found |= self._inside(layer, result.replaced)
        return found

    def _inside(self, model, report):
        return {f"{self._names[model]}/{k}": each for k, each in report.items()}


def _bias(layer, new):
    """Returns what is to be known of biases in front, which stay as they are.

    What comes in front of a norm is not known inside a layer.
    """
    if loses_shift(layer, new):
        return "a layer in front without a bias got none"
    return "one in front has no effect" if cancels_more(layer, new) else ""


def _substitute(layer, choice):
    """Returns the layer that takes the place of one that was called.

    It is not built: the layer around it may do that.
    """
    config = layer.get_build_config() if layer.built else None
    shape = (config or {}).get("input_shape")
    if not isinstance(shape, (tuple, list)) or not shape:
        raise NoSubstituteError("the shape of its inputs is not known")
    shape = tuple(shape)
    built = built_substitute(
        layer, choice, shape, lambda: layer.compute_output_shape(shape)
    )
    return type(built).from_config(built.get_config())
