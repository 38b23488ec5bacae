"""How the branches of a residual network start."""

import dataclasses
from collections.abc import Callable
from typing import Any

import keras

from .hidden import Hidden
from .scalar_affine import ScalarAffine

#: Ways in which branches start, see `Branches`.
STARTS = ("plain", "skip_init", "fixup")


@dataclasses.dataclass(frozen=True)
class Branches:
    """What residual branches have besides their layers, so that they train.

    Without a norm, each branch adds as much variance as there is, and the
    outputs of a deep network explode. `start` says what is done about it:

    - `"plain"`: nothing; norms see to it.
    - `"skip_init"`: each branch ends with a trained scalar that starts at 0, so
      the network starts as a shallow one. In transformers it is ReZero.
    - `"fixup"`: the last kernel of each branch and that of the logits start at
      0, the other one in each branch `count ** -0.5` times as large. A trained
      scalar multiplies each branch, and in place of a layer's biases there is a
      trained scalar before each linear layer and each activation.

    Args:
        hidden: the `Hidden` layers' options.
        start: one of `STARTS`.
        count: number of branches, each of two linear layers.
        allowed: the `STARTS` that the network knows.

    Raises:
        ValueError: `start` is unknown, or does not fit the norms.

    References:
    [De and Smith, 2020](https://arxiv.org/abs/2002.10444) (SkipInit),
    [Bachlechner et al., 2020](https://arxiv.org/abs/2003.04887) (ReZero),
    [Zhang et al., 2019](https://arxiv.org/abs/1901.09321) (Fixup).
    """

    hidden: Hidden
    start: str
    count: int
    allowed: tuple = STARTS

    def __post_init__(self):
        if self.start not in self.allowed:
            raise ValueError(
                f"Unknown branch_start. Received: {self.start!r}. Expected one "
                f"of: {', '.join(self.allowed)}."
            )
        if self._fixup:
            self._check_fixup()

    @property
    def needs_bias(self) -> bool:
        """Whether linear layers have a bias of their own."""
        return self.hidden.needs_bias and not self._fixup

    def first(
        self,
        layer: Callable[..., keras.layers.Layer],
        name: str,
        **options: Any,
    ) -> Callable[..., Any]:
        """Returns the first linear layer of a branch."""
        hidden = self.hidden
        if self._fixup:
            scale = hidden.initializer_scale * self.count**-0.5
            hidden = dataclasses.replace(hidden, initializer_scale=scale)
        return hidden.linear(layer, name, **options)

    def last(
        self,
        layer: Callable[..., keras.layers.Layer],
        name: str,
        **options: Any,
    ) -> Callable[..., Any]:
        """Returns the last linear layer of a branch."""
        return self.hidden.linear(layer, name, **options, **self._zeros)

    def shift(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Returns what a linear layer or an activation gets in place of `x`."""
        if not self._fixup:
            return x
        return ScalarAffine(shift=True, name=f"shift_{name}")(x)

    def end(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        """Returns what is added to the shortcut in place of a branch's `x`."""
        if self.start == "plain":
            return x
        scale = 1.0 if self._fixup else 0.0
        layer = ScalarAffine(scale, shift=self._fixup, name=f"scale_{name}")
        return layer(x)

    def logits(
        self, x: keras.KerasTensor, num_classes: int
    ) -> keras.KerasTensor:
        """Returns the class scores."""
        x = self.shift(x, "logits")
        return self.hidden.logits(x, num_classes, **self._zeros)

    @property
    def _fixup(self):
        return self.start == "fixup"

    @property
    def _zeros(self):
        return {"kernel_initializer": "zeros"} if self._fixup else {}

    def _check_fixup(self):
        norm = self.hidden.norm_layer(None)
        plain = keras.layers.Dense(1)
        if not isinstance(norm, keras.layers.Identity):
            raise ValueError(
                "branch_start='fixup' takes the place of a norm. Received: "
                f"norm={self.hidden.norm!r}. Use norm='none', or "
                "branch_start='skip_init', which goes with norms."
            )
        if self.hidden.with_weight_norm(plain) is not plain:
            raise ValueError(
                "branch_start='fixup' starts from kernels of zeros, which "
                "cannot be normalized. Received: "
                f"weight_norm={self.hidden.weight_norm!r}. Use "
                "branch_start='skip_init'."
            )
