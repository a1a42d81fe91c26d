"""Layers for tables: embeddings of categories and numbers, ensembles."""
