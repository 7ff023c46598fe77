"""The checks as the tests hold them: one at a time, or the whole command."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.client
from botocore.exceptions import ClientError

from baseline import accounts
from bootstrap.identity import identify
from preflight.__main__ import main
from preflight.examination import Examination
from preflight.findings import Status
from preflight.target import Target
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from preflight.findings import Check, Finding
    from tests.sandbox.deploy.land import Land

AWS_CLI = Path(sys.executable).with_name("aws")
# Another set in the same accounts, of which nothing is deployed.
ANOTHER_SET = {"[demo.": "[other."}
OFFERED_IN_S3 = {"domain_id = ": 'offered_by = ["s3"]\ndomain_id = '}
# Every table that an account may have, so that every check has something to ask.
WITH_EVERYTHING = OFFERED_IN_S3 | {
    "[demo.preprod]": '[demo.dev.network]\nsubnet_ids = ["subnet-0123456789abcdef0"]\n'
    'security_group_ids = ["sg-0123456789abcdef0"]\n\n[demo.preprod]',
    "roles     = [": 'data_buckets = ["not-there"]\nroles     = [',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """Looks at the accounts of a land."""

    land: Land
    patch: pytest.MonkeyPatch
    folder: Path
    captured: pytest.CaptureFixture[str]

    def at(
        self, check: Check, *, account: str = "demo-dev", file: dict[str, str] | None = None, projects: int = 5
    ) -> tuple[Finding, ...]:
        """What a check finds in an account, with these texts of the shipped accounts file replaced by others."""
        pairs = {each.name: (group, each) for group in self._account_sets(file or {}) for each in group.accounts}
        examination = Examination(
            root=self.land.project.folder, checks=(check,), wanted_projects=projects, told=lambda _name: None
        )
        [*_, result] = examination.of([pairs[account]])
        return result.findings

    def statuses(self, check: Check, **arguments: Any) -> list[Status]:  # noqa: ANN401
        return [finding.status for finding in self.at(check, **arguments)]

    def run(self, *arguments: str, file: dict[str, str] | None = None) -> tuple[int, str]:
        """Run the command. Returns its exit status and what it printed on both streams."""
        if file:
            self.patch.setenv("MLOPS_ACCOUNTS", str(self._written(file)))
        status = main(arguments, root=self.land.project.folder)
        captured = self.captured.readouterr()
        return status, captured.out + captured.err

    def results(self, *arguments: str, file: dict[str, str] | None = None) -> dict[tuple[str, str], str]:
        """Run the command for programs. Returns account and check -> status."""
        found = json.loads(self.run("--json", *arguments, file=file)[1])
        return {(result["account"], result["check"]): result["status"] for result in found}

    def follow(self, cure: str) -> None:
        """Run a cure that is a command of the AWS CLI."""
        program, *arguments = shlex.split(cure)
        assert program == "aws", f"no command: {cure}"
        done = subprocess.run(
            [AWS_CLI, *arguments],
            env=dict(self.land.project.variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def target(self, account: str) -> Target:
        """An account of the shipped file, as a check gets it."""
        pairs = {each.name: (group, each) for group in accounts.load() for each in group.accounts}
        account_set, chosen = pairs[account]
        [proven] = identify([chosen])
        root = self.land.project.folder
        return Target(account_set=account_set, account=chosen, session=proven.session, root=root, wanted_projects=5)

    def refuse(self, *operations: str) -> None:
        """Let AWS refuse operations, as it does without a permission. Without names: all that need one."""
        for_all = not operations

        def refuse(operation: str) -> None:
            if operation in operations or (for_all and operation != "GetCallerIdentity"):
                raise _error("AccessDenied", operation)

        self._listen(refuse)

    def answer(self, operation: str, answer: dict[str, Any] | str) -> None:
        """Let AWS answer an operation with these members, or with an error of this code."""
        call = botocore.client.BaseClient._make_api_call

        def intercept(client: Any, called: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
            if called != operation:
                return call(client, called, parameters)
            if isinstance(answer, str):
                raise _error(answer, operation)
            return answer

        self.patch.setattr(botocore.client.BaseClient, "_make_api_call", intercept)

    def operations(self) -> list[str]:
        """Return a list that fills with the operations that are called from now on: `iam:GetRole`."""
        called: list[str] = []
        self._listen(called.append, named=True)
        return called

    def _listen(self, hear: Callable[[str], None], *, named: bool = False) -> None:
        call = botocore.client.BaseClient._make_api_call

        def listen(client: Any, operation: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401
            service = client.meta.service_model.signing_name
            hear(f"{service}:{operation}" if named else operation)
            return call(client, operation, parameters)

        self.patch.setattr(botocore.client.BaseClient, "_make_api_call", listen)

    def _account_sets(self, replaced: dict[str, str]) -> tuple[accounts.AccountSet, ...]:
        return accounts.load(self._written(replaced))

    def _written(self, replaced: dict[str, str]) -> Path:
        text = (ROOT / "accounts.toml").read_text()
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        file = self.folder / "changed.toml"
        file.write_text(text)
        return file


def only(findings: tuple[Finding, ...]) -> Finding:
    """The only finding that is not as it should be."""
    [found] = [finding for finding in findings if finding.status is not Status.OK]
    return found


@contextmanager
def trusting(iam: Any, role: str, principal: dict[str, str], **statement: Any) -> Iterator[None]:  # noqa: ANN401
    """Let a role trust another principal for a while."""
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    planted = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **statement}
    document = {"Version": "2012-10-17", "Statement": [planted]}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


def _error(code: str, operation: str) -> ClientError:
    refused = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return ClientError(refused, operation)
