"""The pipeline that trains a model and registers it."""
