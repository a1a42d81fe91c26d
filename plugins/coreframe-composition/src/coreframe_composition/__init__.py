"""Containers: networks beyond a chain."""
