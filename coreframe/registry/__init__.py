"""Which components exist, where they come from, and loading one by name; torch-free."""
