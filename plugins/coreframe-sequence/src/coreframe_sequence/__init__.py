"""Embeddings, attention and recurrent layers."""
