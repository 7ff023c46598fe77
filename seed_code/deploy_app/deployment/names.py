"""Every name that the templates give, with its length held against AWS's limit.

A project id has at most 20 characters, `preprod` is the longest environment, an account id has 12.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of one project in one environment."""

    project_id: str
    environment: str

    @property
    def stack(self) -> str:
        """The stack, and the beginning of every other name."""
        return f"mlops-{self.project_id}-{self.environment}"  # 6 + 20 + 1 + 7 = 34 <= 128

    @property
    def model_role(self) -> str:
        """The role of the model's container, which the project's bucket and key in DEV let in by this name."""
        return f"{self.stack}-model"  # 34 + 6 = 40 <= 64

    @property
    def schedule_role(self) -> str:
        """The role that starts batch inference."""
        return f"{self.stack}-schedule"  # 34 + 9 = 43 <= 64

    @property
    def inference_pipeline(self) -> str:
        """The batch inference pipeline, and its schedule."""
        return f"{self.stack}-inference"  # 34 + 10 = 44 <= 64, a schedule's limit

    @property
    def build_inference_pipeline(self) -> str:
        """The pipeline that the build repository keeps in DEV, which batch inference is promoted from."""
        return f"mlops-{self.project_id}-inference"  # 6 + 20 + 10 = 36 <= 256

    def endpoint(self, *, serverless: bool) -> str:
        """The endpoint. SageMaker cannot turn one kind into the other, so each kind has its own name."""
        return f"{self.stack}-serverless" if serverless else self.stack  # 34 + 11 = 45 <= 63

    def data_bucket(self, account_id: str) -> str:
        """The bucket of captured requests and batch output in the environment's account."""
        return f"{self.stack}-capture-{account_id}"  # 34 + 9 + 12 = 55 <= 63

    def replaceable(self, digest: str) -> str:
        """A model or endpoint configuration, which only ever is replaced. The digest is of all its properties.

        CloudFormation's own names for these two do not begin with the stack's (aws-cli#4021), so that no policy could
        be narrowed to the project's.
        """
        return f"{self.stack}-{digest[:10]}"  # 34 + 1 + 10 = 45 <= 63
