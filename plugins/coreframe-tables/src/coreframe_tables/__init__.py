"""Layers for tables: embeddings of columns, and ensembles that share weights."""

from coreframe_tables.batch_ensemble import BatchEnsemble
from coreframe_tables.categorical_embedding import CategoricalEmbedding
from coreframe_tables.member_copies import MemberCopies
from coreframe_tables.member_mean import MemberMean
from coreframe_tables.periodic_embedding import PeriodicEmbedding
from coreframe_tables.piecewise_linear_embedding import PiecewiseLinearEmbedding
from coreframe_tables.quantile_boundaries import quantile_boundaries

__all__ = [
    "BatchEnsemble",
    "CategoricalEmbedding",
    "MemberCopies",
    "MemberMean",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "quantile_boundaries",
]
