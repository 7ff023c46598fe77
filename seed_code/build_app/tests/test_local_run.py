"""The runner of definitions, with jobs of a few lines."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from local_run import Definition, Execution, FolderRegistry, Jobs, StepRecord
from tests.small_pipelines import BUCKET, LIMIT, SHARE, SUM, Runner, at_least, processing, processing_input

if TYPE_CHECKING:
    from pathlib import Path


def test_model_that_is_good_enough_is_registered(run: Runner) -> None:
    outcome = run(processing("Sum", "sum"), at_least(LIMIT))

    assert (outcome.status, outcome.step("Register").result["Sum"]) == ("Succeeded", 6)


def test_condition_that_fails_says_why(run: Runner) -> None:
    outcome = run(processing("Sum", "sum"), at_least(LIMIT), Limit="7")

    assert (outcome.status, outcome.reason, outcome.said_so) == ("Failed", "sum is below 7", True)


def test_condition_that_fails_registers_nothing(run: Runner, tmp_path: Path) -> None:
    run(processing("Sum", "sum"), at_least(LIMIT), Limit="7")

    assert not (tmp_path / "registry").exists()


def test_versions_in_the_registry_count_up(registry: FolderRegistry) -> None:
    arns = [registry.register({"ModelPackageGroupName": "group", "number": number}) for number in range(2)]

    assert [arn.rpartition("/")[2] for arn in arns] == ["1", "2"]
    assert registry.describe(registry.newest("group"))["number"] == 1


def test_execution_has_the_arn_of_its_pipeline(run: Runner) -> None:
    fail = {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Execution.PipelineExecutionArn"}}}
    jobs = Jobs(folder=run.folder, store=run.store, registry=run.registry)

    outcome = Execution(Definition.parse(json.dumps({"Steps": [fail]})), jobs, parameters={}, arn="arn:p").run()

    assert outcome.reason == f"arn:p/execution/{outcome.execution_id}"


def test_arguments_are_resolved(run: Runner) -> None:
    outcome = run(processing("Sum", "sum", arguments=("--limit", LIMIT)))

    assert run.output(outcome, "Sum")["arguments"] == ["--limit", "6"]


def test_instances_share_the_input(run: Runner) -> None:
    run.store.put(f"{BUCKET}/code/share/main.py", SHARE.encode())
    step = processing("Share", "share", PropertyFiles=[])
    step["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = {"Get": "Parameters.Instances"}

    outcome = run(step, Instances=2)

    assert outcome.status == "Succeeded", outcome.reason
    place = f"{BUCKET}/out/{outcome.execution_id}/Share/"
    shares = {uri.removeprefix(place): run.store.get(uri).decode().split() for uri in run.store.names(place)}
    assert shares == {"algo-1": ["0.txt", "2.txt"], "algo-2": ["1.txt", "3.txt"]}


def test_steps_without_need_of_each_other_run_side_by_side(run: Runner, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # opening it waits for the other side
    run.store.put(f"{BUCKET}/code/read/main.py", f"open({str(pipe)!r}).read()\n{SUM}".encode())
    run.store.put(f"{BUCKET}/code/write/main.py", f"open({str(pipe)!r}, 'w').close()\n{SUM}".encode())

    outcome = run(processing("Read", "read"), processing("Write", "write"))

    assert outcome.status == "Succeeded", outcome.reason


def test_interrupted_run_leaves_nothing_running(run: Runner, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    waits = f"import threading; open({str(pipe)!r}, 'w').close(); threading.Event().wait()"
    run.store.put(f"{BUCKET}/code/long/main.py", waits.encode())
    run.store.put(f"{BUCKET}/code/read/main.py", f"open({str(pipe)!r}).read()\n{SUM}".encode())
    jobs = Jobs(folder=tmp_path, store=run.store, registry=run.registry)
    steps = [processing("Long", "long"), processing("Read", "read")]

    def interrupt(_: StepRecord) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # the run itself waits for what it started
        Execution(Definition.parse(json.dumps({"Steps": steps})), jobs, parameters={}, on_step=interrupt).run()

    assert not jobs.started


def test_step_waits_for_what_it_depends_on(run: Runner) -> None:
    outcome = run(processing("Second", "sum", DependsOn=["First"]), processing("First", "sum"))

    assert [record.name for record in outcome.steps] == ["First", "Second"]


def test_failed_job_is_told_in_its_own_words(run: Runner) -> None:
    run.store.put(f"{BUCKET}/code/bad/main.py", b"import sys; sys.exit('left: 3 values are missing')")

    outcome = run(processing("Bad", "bad"), processing("After", "sum", DependsOn=["Bad"]))

    assert outcome.reason == "Step Bad: Exit status 1. Its last words:\nleft: 3 values are missing"
    assert [record.name for record in outcome.steps] == ["Bad"]
    assert not outcome.said_so


def test_message_file_is_the_reason(run: Runner) -> None:
    code = "import os, sys\nfolder = os.environ['SAGEMAKER_BASE_DIR'] + '/output'\nos.makedirs(folder)\n"
    code += "open(folder + '/message', 'w').write('no rows')\nsys.exit(3)"
    run.store.put(f"{BUCKET}/code/bad/main.py", code.encode())

    assert run(processing("Bad", "bad")).reason == "Step Bad: no rows"


def test_job_that_runs_too_long_is_stopped(run: Runner) -> None:
    run.store.put(f"{BUCKET}/code/long/main.py", b"import threading; threading.Event().wait()")
    step = processing("Long", "long")
    step["Arguments"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 1}

    assert run(step).reason == "Step Long: It ran longer than its limit of 1 seconds and was stopped"


def test_job_has_no_credentials(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    run.store.put(
        f"{BUCKET}/code/spy/main.py", f"import os; assert not [n for n in os.environ if 'AWS' in n]\n{SUM}".encode()
    )

    outcome = run(processing("Spy", "spy"))

    assert outcome.status == "Succeeded", outcome.reason


def test_missing_input_is_said(run: Runner) -> None:
    step = processing("Sum", "sum")
    step["Arguments"]["ProcessingInputs"][1] = processing_input("data", f"{BUCKET}/nowhere")

    assert run(step).reason == f"Step Sum: Input data: there is nothing at {BUCKET}/nowhere"


def test_missing_property_file_is_said(run: Runner) -> None:
    step = processing("Sum", "sum")
    step["PropertyFiles"][0]["FilePath"] = "figures.json"

    assert run(step).reason == "Step Sum: It wrote no figures.json to its output sum"


def test_figure_that_is_not_there_is_said(run: Runner) -> None:
    condition = at_least(LIMIT)
    condition["Arguments"]["Conditions"][0]["LeftValue"]["Std:JsonGet"]["Path"] = "figures.mean"

    outcome = run(processing("Sum", "sum"), condition)

    assert outcome.reason == "Step Enough: Sum.Figures has no figures.mean"
