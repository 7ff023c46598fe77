"""How builds run: their shell, their environment, and what they give back."""

from __future__ import annotations

import subprocess
from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from sandbox.runner.build_cache import HOME
from tests.sandbox.runner.team import REGION, build, stage

if TYPE_CHECKING:
    from typing import Any

    from tests.sandbox.runner.team import Team

JUNIT = """<testsuites><testsuite>
<testcase classname="tests" name="good" time="0.5"/>
<testcase classname="tests" name="bad"><failure message="2 is not 1"/></testcase>
</testsuite></testsuites>
"""


def spec(*commands: str, before: str = "", after: str = "", phase: str = "build") -> str:
    """Return a buildspec that runs commands in one phase, with members before and behind the phases."""
    lines = "".join(f"\n      - |\n{indent(command, ' ' * 8)}" for command in commands)
    return f"version: 0.2\n{before}\nphases:\n  {phase}:\n    commands:{lines}\n{after}\n"


def run(team: Team, buildspec: str, **members: Any) -> str:  # noqa: ANN401
    """Run one build of a buildspec. Returns its log."""
    outputs = members.pop("outputs", ())
    team.push({"buildspec.yml": buildspec, **members.pop("files", {})})
    project = team.project(**members)
    team.make_pipeline(stage("Build", build(project, outputs=outputs, namespace="Build")))
    team.drain()
    return team.log(project)


def said(log: str) -> list[str]:
    """Return what the commands said."""
    return [line for line in log.splitlines() if not line.startswith(("[Container]", "[Sandbox]"))]


def test_the_commands_of_a_phase_share_a_shell(team: Team) -> None:
    log = run(team, spec("value=kept; cd /tmp; greet() { echo hello; }", 'echo "$value $PWD"; greet'))
    assert said(log) == ["kept /tmp", "hello"]


def test_the_next_phase_gets_what_was_exported_and_the_folder(team: Team) -> None:
    first = "  install:\n    commands:\n      - export KEPT='two\n\n        lines'; LOST=x; mkdir sub && cd sub"
    later = spec('echo "$KEPT/$LOST"; basename "$PWD"').replace("phases:", f"phases:\n{first}")
    assert said(run(team, later)) == ["two", "lines/", "sub"]


def test_what_is_exported_outlives_an_exit(team: Team) -> None:
    behind = "    finally:\n      - echo finally $STATE"
    log = run(team, spec("export STATE=set; exit 7", after=behind))
    assert said(log) == ["finally set"]
    assert "exit status 7" in team.reason("Build")


def test_a_phase_that_fails_ends_the_build_but_for_build_behind_which_post_build_still_runs(team: Team) -> None:
    behind = "  post_build:\n    commands:\n      - echo after"
    assert said(run(team, spec("false", after=behind))) == ["after"]
    assert team.executions == ["Failed"]


@pytest.mark.parametrize(("phase", "member"), [("build", "    on-failure: ABORT"), ("pre_build", "")])
def test_nothing_runs_behind_a_phase_that_aborts_or_is_no_build(team: Team, phase: str, member: str) -> None:
    behind = f"{member}\n  post_build:\n    commands:\n      - echo after"
    assert said(run(team, spec("false", after=behind, phase=phase))) == []


def test_a_build_knows_what_codebuild_tells_and_has_the_role_of_its_project(team: Team) -> None:
    show = 'echo "$CODEBUILD_RESOLVED_SOURCE_VERSION $AWS_REGION $PWD $CODEBUILD_INITIATOR"'
    where = 'test "$CODEBUILD_SRC_DIR" = "$PWD"'
    log = run(team, spec(show, where, "aws sts get-caller-identity --query Arn --output text"))
    version, region, folder, initiator = said(log)[0].split()
    assert (version, region) == (team.build(f"{team.id}-build")["resolvedSourceVersion"], REGION)
    assert (folder.endswith("/src"), initiator) == (True, f"codepipeline/{team.pipeline}")
    assert f":assumed-role/{team.id}-codebuild/codebuild-" in said(log)[1]


def test_nothing_of_the_callers_environment_reaches_a_build(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    assert said(run(team, spec('echo "<$AWS_PROFILE$PYTHONPATH>"'))) == ["<>"]


def test_the_action_wins_over_the_project_and_the_project_over_the_buildspec(team: Team) -> None:
    env = "env: {variables: {A: spec, B: spec, C: spec}}"
    team.push({"buildspec.yml": spec("echo $A $B $C", before=env)})
    project = team.project(variables={"B": "project", "C": "project"})
    override = '[{"name": "C", "value": "action", "type": "PLAINTEXT"}]'
    team.make_pipeline(stage("Build", build(project, configuration={"EnvironmentVariables": override})))
    team.drain()
    assert said(team.log(project)) == ["spec project action"]


def test_exported_variables_are_told_and_those_without_a_value_are_not(team: Team) -> None:
    run(team, spec("export MODEL=seven", before="env: {exported-variables: [MODEL, OTHER]}"))
    told = team.client("codepipeline").list_action_executions(pipelineName=team.pipeline)["actionExecutionDetails"]
    assert told[0]["output"]["outputVariables"] == {"MODEL": "seven"}


def test_the_output_is_what_the_patterns_fit_in_the_base_directory(team: Team) -> None:
    after = "artifacts:\n  base-directory: out\n  files: ['**/*.json']"
    run(team, spec("mkdir -p out/deep; touch out/deep/a.json out/b.json out/c.txt", after=after), outputs=["Built"])
    told = team.client("codepipeline").list_action_executions(pipelineName=team.pipeline)["actionExecutionDetails"]
    assert team.names_in(told[0]["output"]["outputArtifacts"][0]) == ["b.json", "deep/a.json"]


def test_an_output_without_files_fails_the_build(team: Team) -> None:
    run(team, spec("true", after="artifacts: {files: [nothing.json]}"), outputs=["Built"])
    assert "no matching artifact paths found" in team.reason("Build")


def test_a_second_input_lies_in_a_folder_of_its_own(team: Team) -> None:
    team.push({"deploy": "yes"})
    made = spec("echo made > made", after="artifacts: {files: [made]}")
    shown = spec('cat deploy "$CODEBUILD_SRC_DIR_Made/made"')
    first, second = team.project("first", buildspec=made), team.project("second", buildspec=shown)
    both = {"inputArtifacts": [{"name": "Made"}, {"name": "Source"}], "configuration": {"PrimarySource": "Source"}}
    later = build(second, name="Second", runOrder=2) | both
    later["configuration"] = {"ProjectName": second, "PrimarySource": "Source"}
    team.make_pipeline(stage("Build", build(first, outputs=["Made"]), later))
    team.drain()
    assert said(team.log(second)) == ["yesmade"]


def test_the_test_cases_of_a_junit_file_are_in_a_report_of_the_projects_group(team: Team) -> None:
    reports = "reports: {unit: {files: [junit.xml], file-format: JUNITXML}}"
    run(team, spec("false", after=reports), files={"junit.xml": JUNIT})
    codebuild = team.client("codebuild")
    (arn,) = team.build(f"{team.id}-build")["reportArns"]
    (report,) = codebuild.batch_get_reports(reportArns=[arn])["reports"]
    cases = codebuild.describe_test_cases(reportArn=arn)["testCases"]
    assert (report["name"], report["status"]) == (f"{team.id}-build-unit", "FAILED")
    assert [(case["name"], case["status"]) for case in cases] == [("good", "SUCCEEDED"), ("bad", "FAILED")]


def test_the_next_build_finds_the_cache_of_the_one_before(team: Team) -> None:
    cached = spec(
        "cd; cat .cache/tool/thing || echo none; mkdir -p .cache/tool; echo warm > .cache/tool/thing",
        after=f"cache: {{paths: ['{HOME}.cache/tool/**/*']}}",
    )
    first = said(run(team, cached, cache={"type": "S3", "location": f"{team.bucket}/cache/build"}))
    team.start()
    team.drain()
    assert (first[-1], said(team.log(f"{team.id}-build"))) == ("none", ["warm"])


def test_python_is_the_runtime_that_was_asked_for_or_one_that_says_it_stands_in(team: Team) -> None:
    runtime = '  install: {runtime-versions: {python: "3.12"}}'
    log = run(team, spec("python --version; pip --version").replace("phases:", f"phases:\n{runtime}"))
    assert said(log)[0].startswith("Python 3.12") or "stands in" in log
    assert said(log)[1].startswith("pip ")


@pytest.mark.parametrize(
    ("buildspec", "refusal"),
    [
        (spec("true").replace("0.2", "0.1"), "version 0.1"),
        (spec("true", before="batch: {}"), "batch in the buildspec"),
        (spec("true", before="env: {parameter-store: {A: /a}}"), "parameter-store in env"),
        (spec("true", before="env: {shell: zsh}"), "shell zsh"),
        (spec("true", before="env: {exported-variables: [AWS_REGION]}"), "exported variable AWS_REGION"),
        (spec("true", after="artifacts: {secondary-artifacts: {}}"), "secondary-artifacts in artifacts"),
        (spec("true", after="    on-failure: CONTINUE"), "on-failure CONTINUE of phase build"),
        (spec("true", after="reports: {a: {files: [x], file-format: TESTNGXML}}"), "file-format TESTNGXML of report a"),
        (spec("true", phase="deploy"), "phase deploy"),
        (spec("true", after="cache: {paths: [/var/lib/thing]}"), f"keeps nothing outside {HOME}"),
        (
            "version: 0.2\nphases: {install: {runtime-versions: {java: '21'}}, build: {commands: ['true']}}",
            "runtime java",
        ),
        (
            "version: 0.2\nphases: {install: {runtime-versions: {ruby: '2.7'}}, build: {commands: ['true']}}",
            "2.7 of ruby",
        ),
        ("version: 0.2\n  phases: [", "YAML_FILE_ERROR"),
    ],
)
def test_what_is_not_imitated_is_refused_by_name(team: Team, buildspec: str, refusal: str) -> None:
    run(team, buildspec, cache={"type": "S3", "location": f"{team.bucket}/cache"})
    assert (team.executions, refusal in team.reason("Build")) == (["Failed"], True), team.reason("Build")


def test_a_buildspec_that_is_not_there_fails_the_build(team: Team) -> None:
    team.push({"other": ""})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    assert "stat buildspec.yml: no such file" in team.reason("Build")


def test_a_build_leaves_no_process_behind(team: Team) -> None:
    log = run(team, spec("sleep 600 & echo $!"))
    told = subprocess.run(["ps", "-o", "stat=", "-p", said(log)[0]], capture_output=True, text=True, check=False)
    assert told.stdout.strip() in {"", "Z"}  # gone, or dead with nobody to bury it


def test_an_artifact_that_was_corrupted_fails_whoever_reads_it(team: Team) -> None:
    breaking = spec('aws s3 cp buildspec.yml "s3://$BUCKET/$(aws s3 ls --recursive "s3://$BUCKET" | cut -c32-)"')
    team.push({"buildspec.yml": breaking})
    project = team.project(variables={"BUCKET": team.bucket})
    team.make_pipeline(stage("Build", build(project), build(project, name="Again", runOrder=2)))
    team.drain()
    assert "The artifact Source" in team.reason("Again")
    assert "cannot be unpacked" in team.reason("Again")


def test_a_build_that_no_pipeline_starts_is_refused(team: Team) -> None:
    project = team.project()
    with pytest.raises(team.client("codebuild").exceptions.ClientError, match=r"a build of .* that no pipeline starts"):
        team.client("codebuild").start_build(projectName=project)


def test_a_machine_without_cfn_nag_says_who_stands_in_and_stops_an_insecure_template(team: Team) -> None:
    insecure = """{"Resources": {"Role": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument":
        {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::bucket"}]}}}}}"""
    scan = spec(
        'test "$(cfn_nag_scan --version)" = 0.8.10', "cfn_nag_scan --fail-on-warnings --input-path dev.template.json"
    )
    log = run(team, scan, files={"dev.template.json": insecure})
    assert (team.executions, "FAIL F4" in log) == (["Failed"], True)
    assert "not run by cfn-nag" in log or "stand-in" not in log
