"""A bounded load on a deployed endpoint, on demand: `python -m tests.stress --stack mlops-<project id>-dev`."""
