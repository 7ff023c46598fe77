"""Amazon SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


class PortfolioStatus(Handler):
    """A switch of the account in a Region. Destroying it leaves it as it is, as the real provider does."""

    imitation = Imitation(
        type_name="aws_sagemaker_servicecatalog_portfolio_status",
        arguments=names("status=Status region"),
        outputs=names("id"),
        identity="{region}",
        choices={"status": ("Enabled", "Disabled")},
    )

    def create(self, session: Session, state: Attributes) -> None:
        self.update(session, {}, state)
        state["id"] = state["region"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client = session.client("sagemaker", state["region"])
        return self.observed(client.get_sagemaker_servicecatalog_portfolio_status())

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:  # noqa: ARG002
        client = session.client("sagemaker", state["region"])
        if state["status"] == "Enabled":
            client.enable_sagemaker_servicecatalog_portfolio()
        else:
            client.disable_sagemaker_servicecatalog_portfolio()

    def delete(self, session: Session, state: Attributes) -> None: ...


HANDLERS = (PortfolioStatus(),)
