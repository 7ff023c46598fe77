"""The SageMaker pipelines of this project: what runs in which order, on which machines, with which data."""

import sys
from pathlib import Path

# The pipelines read the same config.py as the scripts, which SageMaker finds beside them.
sys.path.append(str(Path(__file__).resolve().parent.parent / "source_scripts"))
