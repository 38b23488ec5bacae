"""A layer with other norms than its constructor makes."""

import keras

from ..models.attributes import at, put
from ..numerics.arguments import public_layer


@public_layer
class WithNorms(keras.layers.Wrapper):
    """Computes what a layer of one's own computes with other norms.

    `replace_norms` makes it: a file of the layer itself would hold the norms
    that its constructor makes.

    Args:
        layer: the layer, not built.
        norms: dicts with the `path` of a norm in the layer, a list of names and
            numbers, and the `layer` that takes its place or its configuration.
        **kwargs: arguments of `keras.layers.Layer`.

    Input shape, output shape, masks: those of the layer.
    """

    def __init__(self, layer, norms, **kwargs):
        super().__init__(layer, **kwargs)
        self.supports_masking = layer.supports_masking
        self.places = [list(norm["path"]) for norm in norms]
        for norm in norms:
            new = norm["layer"]
            if isinstance(new, dict):
                new = keras.saving.deserialize_keras_object(new)
            put(layer, norm["path"], new)

    def build(self, input_shape):
        """Builds the layer, but for what it builds when it is called."""
        if type(self.layer).build is not keras.Layer.build:
            self.layer.build(input_shape)

    def call(self, inputs, *args, **kwargs):
        """Calls the layer."""
        return self.layer(inputs, *args, **kwargs)

    def compute_mask(self, inputs, previous_mask=None):
        """Returns the layer's mask."""
        return self.layer.compute_mask(inputs, previous_mask)

    def get_config(self):
        """Returns the layer as its constructor makes it, and its norms."""
        norms = [
            {"path": path, "layer": _serialized(at(self.layer, path))}
            for path in self.places
        ]
        layer = _serialized(self.layer)
        return {**super().get_config(), "layer": layer, "norms": norms}


def _serialized(layer):
    """Returns what makes a layer that is not built.

    No layer can be put into one that is, and none may be built twice.
    """
    found = keras.saving.serialize_keras_object(layer)
    return {key: value for key, value in found.items() if key != "build_config"}
