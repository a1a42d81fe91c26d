"""Datasets: bundled ones, synthetic ones, and files of one's own."""

from coreframe_datasets.blobs import Blobs
from coreframe_datasets.breast_cancer import BreastCancer
from coreframe_datasets.circles import Circles
from coreframe_datasets.digits import Digits
from coreframe_datasets.iris import Iris
from coreframe_datasets.moons import Moons
from coreframe_datasets.spirals import Spirals
from coreframe_datasets.standardize import Standardize
from coreframe_datasets.table import Table
from coreframe_datasets.wine import Wine

__all__ = [
    "Blobs",
    "BreastCancer",
    "Circles",
    "Digits",
    "Iris",
    "Moons",
    "Spirals",
    "Standardize",
    "Table",
    "Wine",
]
