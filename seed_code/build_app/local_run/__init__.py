"""Runs SageMaker pipeline definitions on this machine: no Docker, no AWS, Python's standard library only.

A job is a subprocess with its own `/opt/ml`, S3 is a folder, the model registry is a folder of JSON files. The
definition is what SageMaker would be given. What this does not know, it refuses by name before anything runs.

    python -m local_run definition.json --workdir .local --parameter MinimumAuc=0.8
"""

from local_run.definition import Definition, DefinitionError
from local_run.execution import Execution, Outcome, StepRecord
from local_run.jobs import Jobs
from local_run.registry import FolderRegistry, ModelRegistry
from local_run.store import FolderStore, ObjectStore

__all__ = [
    "Definition",
    "DefinitionError",
    "Execution",
    "FolderRegistry",
    "FolderStore",
    "Jobs",
    "ModelRegistry",
    "ObjectStore",
    "Outcome",
    "StepRecord",
]
