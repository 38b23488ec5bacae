"""The benchmark suite `device`: whether all is right on a machine's devices."""

from .suite import run

__all__ = ["run"]
