"""The model: better than its baseline, served as it was trained, and trained by several instances as by one."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import config
from local_run.processes import Container
from local_run.transform import ask, served
from ml_pipelines import sample_data

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPTS = Path(config.__file__).parent
ROWS = 3000

pytestmark = pytest.mark.slow


def script(name: str, base: Path) -> str:
    container = Container(base=base, log=base / "log.txt", home=base.parent / "home")
    container.finish(container.start(["python3", str(SCRIPTS / name)]), seconds=60)
    return container.log.read_text()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An /opt/ml in which the three scripts ran one after the other."""
    base = tmp_path_factory.mktemp("ml")
    inputs, outputs = base / "processing" / "input", base / "processing" / "output"
    (inputs / "data").mkdir(parents=True)
    customers = sample_data.customers(rows=ROWS, seed=3)
    (inputs / "data" / "customers.csv").write_bytes(sample_data.as_csv(customers))
    script("preprocess.py", base)
    (base / "input").mkdir()
    (base / "input" / "data").symlink_to(outputs)
    script("train.py", base)
    for name in ("train", "test"):
        (inputs / name).symlink_to(outputs / name)
    (inputs / "model").mkdir()
    with tarfile.open(inputs / "model" / "model.tar.gz", "w:gz") as archive:
        archive.add(base / "model", ".")
    script("evaluate.py", base)
    return base


@pytest.fixture(scope="module")
def evaluation(base: Path) -> Path:
    return base / "processing" / "output" / "evaluation"


@pytest.fixture(scope="module")
def figures(evaluation: Path) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((evaluation / config.EVALUATION_FILE).read_text())
    return figures


@pytest.fixture(scope="module")
def port(base: Path) -> Iterator[int]:
    settings = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    log, home = base / "serving.txt", base.parent / "home"
    with served(Container(base=base, log=log, home=home, environment=settings)) as port:
        yield port


def test_model_beats_the_baseline(figures: dict[str, Any]) -> None:
    assert figures["baseline"]["gain"]["value"] > 0.05


def test_figures_agree_with_each_other(figures: dict[str, Any]) -> None:
    matrix = figures["binary_classification_metrics"]["confusion_matrix"]

    assert sum(count for row in matrix.values() for count in row.values()) == figures["rows"]


def test_report_shows_every_plot(evaluation: Path) -> None:
    page = (evaluation / config.REPORT_FILE).read_text()

    assert page.count("<svg") == 6


def test_report_says_by_how_much_the_model_is_better(evaluation: Path, figures: dict[str, Any]) -> None:
    gain = figures["baseline"]["gain"]["value"]

    assert f"{gain:.3f} above the baseline's (logistic regression" in (evaluation / config.REPORT_FILE).read_text()


def test_report_needs_nothing_from_elsewhere(evaluation: Path) -> None:
    page = (evaluation / config.REPORT_FILE).read_text()

    assert not [word for word in ("<script", "<link", 'src="http', "@import") if word in page]


def test_model_brings_the_code_that_serves_it(base: Path) -> None:
    assert {path.name for path in (base / "model" / "code").iterdir()} == {"config.py", "data.py", "inference.py"}


def test_sample_request_is_answered(evaluation: Path, port: int) -> None:
    with tarfile.open(evaluation / config.PAYLOAD_FILE) as archive:
        body = archive.extractfile("payload.csv").read()  # type: ignore[union-attr]

    answer = ask(port, body, content_type="text/csv", accept="text/csv").decode().splitlines()

    assert len(answer) == len(body.splitlines())
    assert all(0 <= float(score) <= 1 for score in answer)


def test_csv_and_json_have_the_same_score(port: int) -> None:
    row: dict[str, Any] = {
        "age": 30,
        "tenure_months": None,
        "monthly_charge": 50,
        "monthly_usage": 20,
        "support_calls": 4,
    }
    row |= {"contract": "monthly", "channel": "web"}

    csv = ask(port, b"30,,50,20,4,monthly,web\n", content_type="text/csv", accept="text/csv")
    listed = ask(port, json.dumps([row]).encode(), content_type="application/json", accept="application/json")

    assert json.loads(listed) == [float(csv)]


def test_several_instances_train_one_model(base: Path, tmp_path: Path) -> None:
    hosts = ["127.0.0.1", "localhost"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    processes = [_instance(tmp_path / host, base, host, hosts, number) for host in hosts]

    said = [process.communicate(timeout=60)[0].decode() for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    assert [(tmp_path / host / "model").exists() for host in sorted(hosts)] == [True, False]


def _instance(folder: Path, base: Path, host: str, hosts: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start `train.py` as one of several instances, with every other file of the training rows."""
    channels = folder / "input" / "data"
    (channels / "train").mkdir(parents=True)
    (channels / "validation").symlink_to(base / "input" / "data" / "validation")
    for path in sorted((base / "input" / "data" / "train").iterdir())[hosts.index(host) :: len(hosts)]:
        (channels / "train" / path.name).symlink_to(path)
    (folder / "input" / "config").mkdir()
    (folder / "input" / "config" / "hyperparameters.json").write_text(json.dumps({"num_boost_round": "5"}))
    told = {"current_host": host, "hosts": hosts}
    (folder / "input" / "config" / "resourceconfig.json").write_text(json.dumps(told))
    program = f"import train; train.TRACKER_PORT = {port}; train.main([])"
    environment = {"SAGEMAKER_BASE_DIR": str(folder), "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
