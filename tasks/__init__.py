"""The shipped pipeline: a module a stage, plain functions and the creator of their task."""
