"""How a trained model is to be written."""

import dataclasses
from typing import Any

from ..common.errors import InputError
from ..run.values import check_name
from .formats import FORMATS


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a model is to be written.

    Attributes:
        format: one of `FORMATS`.
        fixed: as of `layers.for_inference`.
        quantize: `"int8"`, or None.
        batch_size: of each call of the exported model; None: any.
        repeats: how many calls of each size are timed.

    Raises:
        InputError: there is no such format, it needs what is not installed, or
            it cannot be quantized.
    """

    format: str
    fixed: dict[str, Any] = dataclasses.field(default_factory=dict)
    quantize: str | None = None
    batch_size: int | None = None
    repeats: int = 25

    def __post_init__(self):
        check_name("format", self.format, FORMATS)
        check_name("quantize", self.quantize or "", ("", "int8"))
        if self.quantize and not FORMATS[self.format].quantizable:
            raise InputError(
                "Only the format 'litert' can be quantized. Received: "
                f"quantize={self.quantize!r} and format={self.format!r}."
            )
        FORMATS[self.format].check_installed(self.format)
