"""The product template, read once for all tests of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.template import product_template

if TYPE_CHECKING:
    from tests.template.product_template import Statement, Template


@pytest.fixture(scope="session")
def template() -> Template:
    """The template as it stands, with its short tags written out."""
    return product_template.read(product_template.TEMPLATE)


@pytest.fixture(scope="session")
def allowed(template: Template) -> list[Statement]:
    """Every statement of the template that allows something."""
    return [statement for statement in product_template.statements(template) if statement.allows]


@pytest.fixture(scope="session")
def allowed_outside(allowed: list[Statement]) -> list[Statement]:
    """Every statement that allows something to PREPROD or PROD."""
    return [statement for statement in allowed if statement.environments]
