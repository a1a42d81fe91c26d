"""Training, evaluation, cross-validation and checkpoints of assembled models."""
