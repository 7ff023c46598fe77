"""The runner of definitions, with jobs of a few lines."""

from __future__ import annotations

import io
import json
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from local_run import Definition, DefinitionError, Execution, FolderRegistry, FolderStore, Jobs, Outcome, StepRecord
from local_run.__main__ import main
from local_run.transform import batches

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "s3://artifacts"
SUM = """
import json, os, pathlib, sys
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"]) / "processing"
total = sum(int(file.read_text()) for file in (base / "input" / "data").iterdir())
(base / "output" / "sum").mkdir(parents=True, exist_ok=True)
(base / "output" / "sum" / "sum.json").write_text(json.dumps({"figures": {"sum": total}, "arguments": sys.argv[1:]}))
"""
SHARE = """
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
host = json.loads((base / "config" / "resourceconfig.json").read_text())["current_host"]
names = sorted(file.name for file in (base / "processing" / "input" / "data").iterdir())
(base / "processing" / "output" / "sum" / host).write_text(" ".join(names))
"""
TRAIN = """
import os, pathlib, shutil
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
shutil.copytree(base / "input" / "data" / "code", base / "model" / "code")
shutil.copy(base / "input" / "config" / "hyperparameters.json", base / "model" / "model.json")
"""
SERVE = """
import json, pathlib
def model_fn(folder): return json.loads((pathlib.Path(folder) / "model.json").read_text())
def input_fn(body, kind): return [float(line) for line in body.decode().splitlines()]
def predict_fn(rows, model): return [row * float(model["factor"]) for row in rows]
def output_fn(rows, accept): return "".join(f"{row:g}\\n" for row in rows)
"""


def processing(name: str, code: str, *, arguments: tuple[Any, ...] = (), **other: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Processing",
        "Arguments": {
            "ProcessingJobName": f"mlops-{name.lower()}",
            "AppSpecification": {
                "ImageUri": "any",
                "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
                "ContainerArguments": list(arguments),
            },
            "ProcessingInputs": [
                _input("code", f"{BUCKET}/code/{code}"),
                _input("data", f"{BUCKET}/data", distribution="ShardedByS3Key"),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "sum",
                        "S3Output": {
                            "S3Uri": {"Std:Join": {"On": "/", "Values": [f"{BUCKET}/out", {"Get": EXECUTION}, name]}},
                            "LocalPath": "/opt/ml/processing/output/sum",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
            "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large"}},
        },
        "PropertyFiles": [{"PropertyFileName": "Figures", "OutputName": "sum", "FilePath": "sum.json"}],
        **other,
    }


def at_least(limit: Any) -> dict[str, Any]:
    get = {"PropertyFile": {"Get": "Steps.Sum.PropertyFiles.Figures"}, "Path": "figures.sum"}
    return {
        "Name": "Enough",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "GreaterThanOrEqualTo", "LeftValue": {"Std:JsonGet": get}, "RightValue": limit}],
            "IfSteps": [
                {
                    "Name": "Register",
                    "Type": "RegisterModel",
                    "Arguments": {"ModelPackageGroupName": "group", "Sum": {"Std:JsonGet": get}},
                }
            ],
            "ElseSteps": [
                {
                    "Name": "TooLittle",
                    "Type": "Fail",
                    "Arguments": {"ErrorMessage": {"Std:Join": {"On": " ", "Values": ["sum is below", limit]}}},
                }
            ],
        },
    }


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "s3")
    store.put(f"{BUCKET}/code/sum/main.py", SUM.encode())
    for number in range(4):
        store.put(f"{BUCKET}/data/{number}.txt", str(number).encode())
    return store


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    return FolderRegistry(tmp_path / "registry")


class Runner:
    def __init__(self, folder: Path, store: FolderStore, registry: FolderRegistry) -> None:
        self.folder, self.store, self.registry = folder, store, registry

    def __call__(self, *steps: dict[str, Any], **parameters: object) -> Outcome:
        declared = [{"Name": "Limit", "Type": "Integer", "DefaultValue": 6}, {"Name": "Instances", "Type": "Integer"}]
        definition = Definition.parse(json.dumps({"Steps": steps, "Parameters": declared}))
        jobs = Jobs(folder=self.folder, store=self.store, registry=self.registry)
        return Execution(definition, jobs, parameters={"Instances": 1, **parameters}).run()

    def output(self, outcome: Outcome, step: str) -> Any:
        return json.loads(self.store.get(f"{BUCKET}/out/{outcome.execution_id}/{step}/sum.json"))


@pytest.fixture
def run(tmp_path: Path, store: FolderStore, registry: FolderRegistry) -> Runner:
    return Runner(tmp_path, store, registry)


LIMIT = {"Get": "Parameters.Limit"}
EXECUTION = "Execution.PipelineExecutionId"


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
    step["Arguments"]["ProcessingInputs"][1] = _input("data", f"{BUCKET}/nowhere")

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


@pytest.fixture
def trained(run: Runner) -> dict[str, Any]:
    run.store.put(f"{BUCKET}/code/train/train.py", TRAIN.encode())
    run.store.put(f"{BUCKET}/code/train/inference.py", SERVE.encode())
    return {
        "Name": "Train",
        "Type": "Training",
        "Arguments": {
            "TrainingJobName": "mlops-train",
            "AlgorithmSpecification": {
                "TrainingImage": "any",
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            },
            "HyperParameters": {"factor": "10"},
            "InputDataConfig": [
                {"ChannelName": "code", "DataSource": {"S3DataSource": {"S3Uri": f"{BUCKET}/code/train/"}}}
            ],
            "OutputDataConfig": {"S3OutputPath": f"{BUCKET}/models"},
        },
    }


def scored(strategy: str) -> list[dict[str, Any]]:
    container = {
        "Image": "any",
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    }
    score = {
        "ModelName": {"Get": "Steps.Model.ModelName"},
        "BatchStrategy": strategy,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3Uri": f"{BUCKET}/rows/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"{BUCKET}/scores", "AssembleWith": "Line"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
    }
    return [
        {"Name": "Model", "Type": "Model", "Arguments": {"PrimaryContainer": container}},
        {"Name": "Score", "Type": "Transform", "Arguments": score},
    ]


def test_training_packs_its_model(run: Runner, trained: dict[str, Any]) -> None:
    outcome = run(trained)

    archive = run.store.get(outcome.step("Train").result["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        assert json.loads(files.extractfile("model.json").read()) == {"factor": "10"}  # type: ignore[union-attr]


def test_names_of_jobs_begin_as_the_definition_says(run: Runner, trained: dict[str, Any]) -> None:
    outcome = run(trained)

    assert outcome.step("Train").result["TrainingJobName"].startswith(f"mlops-train-{outcome.execution_id}-")


@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_every_row_is_scored(run: Runner, trained: dict[str, Any], strategy: str) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"1\n2\n3")

    outcome = run(trained, *scored(strategy))

    assert outcome.status == "Succeeded", outcome.reason
    assert run.store.get(f"{BUCKET}/scores/a.csv.out") == b"10\n20\n30\n"


def test_row_that_the_model_refuses_is_said(run: Runner, trained: dict[str, Any]) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"one\n")

    outcome = run(trained, *scored("MultiRecord"))

    assert outcome.reason == "Step Score: The model answered 500: could not convert string to float: 'one'"


def test_model_that_cannot_be_loaded_is_said(run: Runner, trained: dict[str, Any]) -> None:
    run.store.put(f"{BUCKET}/rows/a.csv", b"1\n")
    run.store.put(f"{BUCKET}/code/train/inference.py", b"raise ImportError('no such thing')")

    outcome = run(trained, *scored("MultiRecord"))

    assert outcome.reason.startswith("Step Score: The model cannot be served. The last words:\n")
    assert outcome.reason.endswith("ImportError: no such thing")


def test_batches_stay_within_their_size() -> None:
    assert list(batches(b"aa\nbb\ncccccc\nd", limit=6)) == [b"aa\nbb\n", b"cccccc\n", b"d"]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            {"Name": "Tune", "Type": "Tuning", "Arguments": {}},
            (
                "Step Tune is of type Tuning, which is not run here; "
                "known are Condition, Fail, Model, Processing, RegisterModel, Training, Transform"
            ),
        ),
        (
            {"Name": "Model", "Type": "Model", "Arguments": {"Containers": []}},
            "Step Model: argument Containers is not known here",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.Typo"}}},
            "Step No: Parameters.Typo refers to nothing",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Upper": "a"}}},
            "Step No: function Std:Upper is not known here",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": ""}, "DependsOn": ["Ghost"]},
            "Step No: it depends on Ghost, which is not there",
        ),
    ],
)
def test_what_is_not_known_is_refused_before_anything_runs(step: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        Definition.parse(json.dumps({"Steps": [step]}))

    assert str(raised.value) == problem


def test_unknown_step_in_a_branch_is_refused() -> None:
    condition = at_least(1)
    condition["Arguments"]["ElseSteps"] = [{"Name": "Call", "Type": "Lambda", "Arguments": {}}]

    with pytest.raises(DefinitionError, match="Step Call is of type Lambda, which is not run here"):
        Definition.parse(json.dumps({"Steps": [processing("Sum", "sum"), condition]}))


def test_all_wrong_parameters_are_told_at_once() -> None:
    declared = [{"Name": "Limit", "Type": "Integer", "DefaultValue": 1}, {"Name": "Model", "Type": "String"}]
    definition = Definition.parse(json.dumps({"Steps": [], "Parameters": declared}))

    with pytest.raises(DefinitionError) as raised:
        definition.values_of({"Limit": "many", "Limits": 2})

    assert str(raised.value).splitlines() == [
        "There is no parameter Limits; there are Limit, Model",
        "Parameter Limit: 'many' is not of type Integer",
        "Parameter Model needs a value: it has no default",
    ]


@pytest.mark.parametrize(("limit", "status"), [("6", 0), ("7", 2), ("many", 1)])
def test_exit_status_of_the_command(
    limit: str, status: int, store: FolderStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert store
    definition = {
        "Parameters": [{"Name": "Limit", "Type": "Integer"}],
        "Steps": [processing("Sum", "sum"), at_least(LIMIT)],
    }
    (tmp_path / "definition.json").write_text(json.dumps(definition))

    told = main([str(tmp_path / "definition.json"), "--workdir", str(tmp_path), "--parameter", f"Limit={limit}"])

    assert told == status, capsys.readouterr()


def _input(name: str, uri: str, *, distribution: str = "FullyReplicated") -> dict[str, Any]:
    place = {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}", "S3DataDistributionType": distribution}
    return {"InputName": name, "S3Input": place}
