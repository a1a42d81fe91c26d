"""What a plugin implements: Parameter, Buffer, Module, Loss, Optimizer, Dataset, Schedule."""
