"""AWS Service Catalog, in English: `accept_language` is part of some ids."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.members import tag_changes
from sandbox.provider.resources.association import Association

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes

_TEMPLATE = ("CLOUD_FORMATION_TEMPLATE",)
_GONE = names("ResourceNotFoundException")
_ENGLISH = {"accept_language": "en"}
_imitation = partial(Imitation, defaults=_ENGLISH, gone=_GONE)


class _Item(Handler):
    """What create_`noun` makes, update_`noun` changes in the members `updated`, and delete_`noun` destroys.

    Answers hold it as `detail`, and there its id as `key`.
    """

    noun: ClassVar[str]
    detail: ClassVar[str]
    key: ClassVar[str] = "Id"
    updated: ClassVar[Collection[str]]

    def create(self, session: Session, state: Attributes) -> None:
        state["id"] = self.call(session, "create", state, **self.written(state))[self.detail][self.key]

    def read(self, session: Session, state: Attributes) -> Attributes:
        answer = self.call(session, "describe", state, **self.place(state))
        return self.observed({**answer, **answer[self.detail]})

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        written = {member: value for member, value in self.written(state).items() if member in self.updated}
        added, removed = tag_changes(prior, state)
        tags = ({"AddTags": added} if added else {}) | ({"RemoveTags": removed} if removed else {})
        self.call(session, "update", state, **self.place(state), **written, **tags)

    def delete(self, session: Session, state: Attributes) -> None:
        self.call(session, "delete", state, **self.place(state))

    def place(self, state: Attributes) -> Attributes:
        """Return the members that say which one is meant."""
        return {"Id": state["id"]}

    def call(self, session: Session, verb: str, state: Attributes, **arguments: object) -> Attributes:
        """Call the operation that is named by a verb and the noun."""
        client = session.client("servicecatalog", state["region"])
        answer: Attributes = getattr(client, f"{verb}_{self.noun}")(**arguments)
        return answer


class Portfolio(_Item):
    imitation = Imitation(
        type_name="aws_servicecatalog_portfolio",
        arguments=names("name=DisplayName description=Description provider_name=ProviderName tags=Tags region"),
        outputs=names("id arn=ARN tags_all"),
        gone=_GONE,
    )
    noun = "portfolio"
    detail = "PortfolioDetail"
    updated = names("DisplayName Description ProviderName")


class Constraint(_Item):
    imitation = _imitation(
        type_name="aws_servicecatalog_constraint",
        arguments=names(
            """
            portfolio_id=PortfolioId product_id=ProductId type=Type parameters=Parameters description=Description
            accept_language region
            """
        ),
        outputs=names("id owner=Owner status=Status"),
        choices={"type": ("LAUNCH",)},
        force_new=names("portfolio_id product_id type"),
        documents=names("parameters"),
    )
    noun = "constraint"
    detail = "ConstraintDetail"
    key = "ConstraintId"
    updated = names("Description Parameters")

    def read(self, session: Session, state: Attributes) -> Attributes:
        answer = self.call(session, "describe", state, **self.place(state))
        return self.observed({**answer, **answer[self.detail], "Parameters": answer["ConstraintParameters"]})


class Product(_Item):
    """Every field of the first artifact's parameters forces a new product, and only an import reads them."""

    imitation = _imitation(
        type_name="aws_servicecatalog_product",
        arguments=names(
            """
            name=Name description=Description owner=Owner type=ProductType tags=Tags accept_language region
            provisioning_artifact_parameters.name=ProvisioningArtifactParameters.Name
            provisioning_artifact_parameters.description=ProvisioningArtifactParameters.Description
            provisioning_artifact_parameters.type=ProvisioningArtifactParameters.Type
            provisioning_artifact_parameters.template_url=ProvisioningArtifactParameters.TemplateUrl
            """
        ),
        outputs=names("id arn=ProductARN status=Status tags_all"),
        choices={"type": _TEMPLATE, "provisioning_artifact_parameters.type": _TEMPLATE},
        force_new=names("provisioning_artifact_parameters"),
    )
    noun = "product"
    updated = names("Name Description Owner")

    def create(self, session: Session, state: Attributes) -> None:
        written = self.written(state)
        written["ProvisioningArtifactParameters"] = _properties(written["ProvisioningArtifactParameters"])
        made = self.call(session, "create", state, **written)
        state["id"] = made["ProductViewDetail"]["ProductViewSummary"]["ProductId"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, block = session.client("servicecatalog", state["region"]), "provisioning_artifact_parameters"
        answer = client.describe_product_as_admin(Id=state["id"])
        detail = answer["ProductViewDetail"]
        summary = detail["ProductViewSummary"]
        read = {**summary, **detail, "Description": summary.get("ShortDescription"), "ProductType": summary["Type"]}
        if not state[block]:
            last = max(answer["ProvisioningArtifactSummaries"], key=lambda artifact: artifact["CreatedTime"])
            found = client.describe_provisioning_artifact(ProductId=state["id"], ProvisioningArtifactId=last["Id"])
            read["ProvisioningArtifactParameters"] = _kept({**found["ProvisioningArtifactDetail"], **found["Info"]})
        observed = self.observed({**read, "Tags": answer.get("Tags")})
        return {**observed, block: state[block] or observed[block]}


class ProvisioningArtifact(_Item):
    """What it reads does not hold the template's URL: an import does not know it."""

    imitation = Imitation(
        type_name="aws_servicecatalog_provisioning_artifact",
        arguments=names(
            """
            product_id=ProductId name=Name description=Description type=Type template_url=TemplateUrl
            active=Active guidance=Guidance accept_language region
            """
        ),
        outputs=names("id provisioning_artifact_id=Id"),
        identity="{provisioning_artifact_id}:{product_id}",
        defaults={**_ENGLISH, "active": True, "guidance": "DEFAULT"},
        choices={"type": _TEMPLATE, "guidance": ("DEFAULT", "DEPRECATED")},
        force_new=names("product_id template_url type"),
        gone=_GONE,
    )
    noun = "provisioning_artifact"
    detail = "ProvisioningArtifactDetail"
    updated = names("Name Description Active Guidance")

    def create(self, session: Session, state: Attributes) -> None:
        parameters = _properties(_kept(self.written(state)))
        made = self.call(session, "create", state, ProductId=state["product_id"], Parameters=parameters)
        state["provisioning_artifact_id"] = made[self.detail][self.key]
        state["id"] = self.identity(state)
        self.update(session, {}, state)  # it is made active and not deprecated

    def read(self, session: Session, state: Attributes) -> Attributes:
        described = self.call(session, "describe", state, **self.place(state))[self.detail]
        unread = {"ProductId": state["product_id"], "TemplateUrl": state["template_url"]}
        return self.observed({**described, **unread})

    def place(self, state: Attributes) -> Attributes:
        return {"ProductId": state["product_id"], "ProvisioningArtifactId": state["provisioning_artifact_id"]}


def _kept(members: Attributes) -> Attributes:
    return {name: members[name] for name in ("Name", "Description", "Type", "TemplateUrl") if name in members}


def _properties(kept: Attributes) -> Attributes:
    """Return an artifact's properties as they are written: what is read calls the URL TemplateUrl."""
    properties = {name: value for name, value in kept.items() if name != "TemplateUrl"}
    return {**properties, "Info": {"LoadTemplateFromURL": kept.get("TemplateUrl")}}


HANDLERS = (
    Portfolio(),
    Product(),
    ProvisioningArtifact(),
    Constraint(),
    Association(
        imitation=_imitation(
            type_name="aws_servicecatalog_product_portfolio_association",
            arguments=names("portfolio_id=PortfolioId product_id=ProductId accept_language region"),
            outputs=names("id"),
            identity="{accept_language}:{portfolio_id}:{product_id}",
            force_new=names("portfolio_id product_id"),
        ),
        service="servicecatalog",
        make="associate_product_with_portfolio",
        unmake="disassociate_product_from_portfolio",
        listing="list_portfolios_for_product",
        of="ProductId",
        found=("PortfolioDetails", "Id", "portfolio_id"),
    ),
    Association(
        imitation=_imitation(
            type_name="aws_servicecatalog_principal_portfolio_association",
            arguments=names(
                "portfolio_id=PortfolioId principal_arn=PrincipalARN principal_type=PrincipalType"
                " accept_language region"
            ),
            outputs=names("id"),
            identity="{accept_language},{principal_arn},{portfolio_id},{principal_type}",
            defaults={**_ENGLISH, "principal_type": "IAM"},
            choices={"principal_type": ("IAM",)},
            force_new=names("portfolio_id principal_arn principal_type"),
        ),
        service="servicecatalog",
        make="associate_principal_with_portfolio",
        unmake="disassociate_principal_from_portfolio",
        listing="list_principals_for_portfolio",
        of="PortfolioId",
        found=("Principals", "PrincipalARN", "principal_arn"),
    ),
)
