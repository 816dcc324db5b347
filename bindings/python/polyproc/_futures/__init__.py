"""The calls of an executor."""
