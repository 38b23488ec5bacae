"""Keras callbacks that work with any model and any `fit`."""

from .inspection.norm_statistics import NormStatistics
from .inspection.profile_steps import ProfileSteps
from .resuming.exact_resume import ExactResume

__all__ = ["ExactResume", "NormStatistics", "ProfileSteps"]
