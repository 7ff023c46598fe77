"""Measurements of synth and start-up: `python -m bench`."""
