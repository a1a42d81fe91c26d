"""From text to objects: the spec grammar, create, assemble, parse_model, Sequential."""
