"""Normalization layers for Keras, and their names."""

from .batch_statistics.momentum import MomentumWarmUp
from .conditional.class_condition import ClassCondition
from .conditional.conditional import Conditional
from .conditional.spatial_condition import SpatialCondition
from .conditional.vector_condition import VectorCondition
from .diagnosis.diagnosing import diagnose
from .diagnosis.findings import Diagnosis, Finding
from .exchange.inference import InferenceResult, for_inference
from .exchange.report import Replacement, ReplaceResult
from .exchange.torch_weights import load_torch_weights, torch_weights
from .models.folding import FoldResult, fold_batch_norm
from .models.reestimation import reestimate_statistics
from .norms.batch_normalization import BatchNormalization
from .norms.dynamic_erf import DynamicErf
from .norms.dynamic_tanh import DynamicTanh
from .norms.evonorm_b0 import EvoNormB0
from .norms.evonorm_s0 import EvoNormS0
from .norms.filter_response_normalization import FilterResponseNormalization
from .norms.group_normalization import GroupNormalization
from .norms.instance_normalization import InstanceNormalization
from .norms.layer_normalization import LayerNormalization
from .norms.pixel_normalization import PixelNormalization
from .norms.rms_normalization import RMSNormalization
from .norms.scale_normalization import ScaleNormalization
from .norms.split_batch_normalization import SplitBatchNormalization
from .norms.virtual_batch_normalization import VirtualBatchNormalization
from .recurrent.batch_norm_rnn import (
    BatchNormGRU,
    BatchNormIndRNN,
    BatchNormLSTM,
    BatchNormSimpleRNN,
)
from .recurrent.ind_rnn import IndRNN
from .recurrent.layer_norm_rnn import (
    LayerNormGRU,
    LayerNormIndRNN,
    LayerNormLSTM,
    LayerNormSimpleRNN,
)
from .references.reference_model import ReferenceModel
from .registry import NORMS, get, register
from .replacing import replace_norms, replace_weight_norms
from .weight_norm_registry import WEIGHT_NORMS, get_weight_norm
from .weight_norms.gains import variance_gain
from .weight_norms.scaled_weight_standardization import (
    ScaledWeightStandardization,
)
from .weight_norms.spectral_normalization import SpectralNormalization
from .weight_norms.weight_normalization import WeightNormalization
from .weight_norms.weight_standardization import WeightStandardization

__all__ = [
    "NORMS",
    "WEIGHT_NORMS",
    "BatchNormGRU",
    "BatchNormIndRNN",
    "BatchNormLSTM",
    "BatchNormSimpleRNN",
    "BatchNormalization",
    "ClassCondition",
    "Conditional",
    "Diagnosis",
    "DynamicErf",
    "DynamicTanh",
    "EvoNormB0",
    "EvoNormS0",
    "FilterResponseNormalization",
    "Finding",
    "FoldResult",
    "GroupNormalization",
    "IndRNN",
    "InferenceResult",
    "InstanceNormalization",
    "LayerNormGRU",
    "LayerNormIndRNN",
    "LayerNormLSTM",
    "LayerNormSimpleRNN",
    "LayerNormalization",
    "MomentumWarmUp",
    "PixelNormalization",
    "RMSNormalization",
    "ReferenceModel",
    "ReplaceResult",
    "Replacement",
    "ScaleNormalization",
    "ScaledWeightStandardization",
    "SpatialCondition",
    "SpectralNormalization",
    "SplitBatchNormalization",
    "VectorCondition",
    "VirtualBatchNormalization",
    "WeightNormalization",
    "WeightStandardization",
    "diagnose",
    "fold_batch_norm",
    "for_inference",
    "get",
    "get_weight_norm",
    "load_torch_weights",
    "reestimate_statistics",
    "register",
    "replace_norms",
    "replace_weight_norms",
    "torch_weights",
    "variance_gain",
]
