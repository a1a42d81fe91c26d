"""Datasets: bundled ones and synthetic ones."""
