"""The one error that reaches the user of Terraform as a diagnostic."""

from __future__ import annotations


class ProviderError(Exception):
    """What is wrong (`summary`), how to mend it (`detail`), and in which argument (`path`, outermost name first)."""

    def __init__(self, summary: str, detail: str = "", *, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.path = path


class Refusal(Exception):  # noqa: N818 - it is several errors, told at once
    """All that is wrong with one configuration."""

    def __init__(self, problems: list[ProviderError]) -> None:
        super().__init__(*problems)
        self.problems = problems
