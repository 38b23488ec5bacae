"""What the norms of kernels have in common."""

from collections.abc import Mapping
from typing import Any

import keras

from ..numerics.annotations import Config, Shape, Structure, Tensor, TensorLike
from ..numerics.arithmetic import widen
from .attention import build
from .kernels import computing_with, kernels_of


class WeightNorm(keras.layers.Wrapper):
    """Calls a layer with normalized kernels in place of its own.

    The layer's variables stay what they are, and are what is trained. A
    subclass adds variables of each kernel (`_add_state`), and computes what
    takes a kernel's place (`_normalized`).

    Args:
        layer: a layer with a kernel, or with such in it, see
            `kernels.kernels_of`.
        **kwargs: arguments of `keras.layers.Layer`; `name` and `dtype` are the
            layer's own by default.
    """

    #: Names of the variables that `_add_state` adds for each kernel.
    state: tuple[str, ...] = ()
    #: Whether the last layer of a model is normalized, too.
    on_outputs = True

    def __init__(self, layer: keras.layers.Layer, **kwargs: Any) -> None:
        if isinstance(layer, WeightNorm):
            raise ValueError(
                f"The layer {layer.name!r} has a weight norm, "
                f"{type(layer).__name__}, and takes no second one."
            )
        if isinstance(layer, keras.Layer):
            kwargs = {"name": layer.name, "dtype": layer.dtype_policy, **kwargs}
        super().__init__(layer, **kwargs)
        self.autocast = False
        self.supports_masking = layer.supports_masking
        for kernel in kernels_of(layer):
            for name in self.state:
                setattr(self, f"{kernel.name}_{name}", None)
        self._kernels: tuple[Any, ...] = ()

    def build(self, input_shape: Shape | None = None) -> None:
        """Makes the layer's weights, and the norm's."""
        build(self.layer, input_shape)
        super().build(input_shape)
        self._kernels = tuple(k.built() for k in kernels_of(self.layer))
        for kernel in self._kernels:
            self._add_state(kernel)

    def call(
        self,
        inputs: Structure,
        *args: Any,
        training: bool | None = None,
        **kwargs: Any,
    ) -> Structure:
        """Calls the layer."""
        trains = bool(training and self.trainable)
        values = [
            (kernel, self._normalized(kernel, widen(kernel.variable), trains))
            for kernel in self._kernels
        ]
        with computing_with(values):
            return self.layer(inputs, *args, **kwargs)

    def compute_output_spec(
        self, *args: Any, training: bool | None = None, **kwargs: Any
    ) -> Any:
        """Returns the layer's."""
        del training
        return self.layer.compute_output_spec(*args, **kwargs)

    def compute_output_shape(self, *args: Any, **kwargs: Any) -> Any:
        """Returns the layer's."""
        return self.layer.compute_output_shape(*args, **kwargs)

    def compute_mask(
        self, inputs: Structure, previous_mask: TensorLike | None = None
    ) -> Any:
        """Returns the layer's mask."""
        return self.layer.compute_mask(inputs, previous_mask)

    def get_config(self) -> Config:
        """Returns the constructor's arguments, with the layer's configuration.

        A layer that is built would be built twice.
        """
        config = super().get_config()
        layer = {
            k: v for k, v in config["layer"].items() if k != "build_config"
        }
        return {**config, "layer": layer}

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Any] | None = None
    ) -> "WeightNorm":
        """Makes a layer from its configuration, which stays as it is."""
        return super().from_config(dict(config), custom_objects)

    def normalized_kernels(self) -> dict[str, Tensor]:
        """Returns the layer's kernels as inference computes with them.

        Returns:
            A dict, name -> tensor, float32 at least. The name of the kernel of
            a plain layer is the attribute, such as `"kernel"`.
        """
        return {
            kernel.kernel.name: self._normalized(
                kernel, widen(kernel.variable), False
            )
            for kernel in self._kernels
        }

    def _add_state(self, kernel):
        """Adds the variables of a kernel.

        Raises:
            ValueError: the norm cannot have it.
        """
        raise NotImplementedError

    def _normalized(self, kernel, value, training):
        """Returns what takes a kernel's place.

        Args:
            kernel: a `BuiltKernel`.
            value: of its variable, float32 at least.
            training: whether variables of the norm may change.
        """
        raise NotImplementedError

    def _set(self, kernel, name, weight):
        """Keeps a variable of a kernel as an attribute."""
        setattr(self, f"{kernel.kernel.name}_{name}", weight)

    def _get(self, kernel, name):
        """Returns what `_set` has kept."""
        return getattr(self, f"{kernel.kernel.name}_{name}")
