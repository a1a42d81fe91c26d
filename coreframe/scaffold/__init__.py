"""The scaffold: the package of a new plugin, written from templates."""
