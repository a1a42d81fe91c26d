"""The figures of every run as TensorBoard events; hooks, and nothing to import."""

__all__: list[str] = []
