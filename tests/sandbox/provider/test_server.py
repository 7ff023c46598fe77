"""The plugin process: one line of handshake, deaf to Ctrl-C, and gone when Terraform is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest

from sandbox.provider import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PLUGIN = [sys.executable, "-m", "sandbox.provider"]
SHUTDOWN = "/plugin.GRPCController/Shutdown"
COOKIE = {"TF_PLUGIN_MAGIC_COOKIE": "set by Terraform"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    process: subprocess.Popen[str]
    handshake: list[str]

    @property
    def socket(self) -> str:
        return self.handshake[3]


@pytest.fixture
def plugin() -> Iterator[Plugin]:
    """Start the plugin as Terraform does, without TLS, and end it so too."""
    environment = {**os.environ, **COOKIE}
    with subprocess.Popen(PLUGIN, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        started = Plugin(process=process, handshake=handshake(process))
        yield started
        if process.poll() is None:
            ask(started.socket, SHUTDOWN)


def handshake(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return process.stdout.readline().strip().split("|")


def ask(socket: str, method: str) -> bytes:
    """Send an empty request."""
    with grpc.insecure_channel(f"unix:{socket}") as channel:
        answer: bytes = channel.unary_unary(method)(b"", timeout=10)
        return answer


def test_the_handshake_says_protocol_five_over_grpc(plugin: Plugin) -> None:
    core, protocol, network, _socket, transport, certificate = plugin.handshake
    assert (core, protocol, network, transport, certificate) == ("1", "5", "unix", "grpc", "")


def test_an_interrupt_does_not_end_what_is_being_made(plugin: Plugin) -> None:
    plugin.process.send_signal(signal.SIGINT)
    answer = wire.SchemaResponse.FromString(ask(plugin.socket, "/tfplugin5.Provider/GetSchema"))
    assert "aws_s3_bucket" in {entry.key for entry in answer.resources}


def test_the_plugin_ends_when_told_to_and_leaves_no_socket(plugin: Plugin) -> None:
    ask(plugin.socket, SHUTDOWN)
    assert plugin.process.wait(timeout=30) == 0
    assert not Path(plugin.socket).parent.exists()


def test_the_plugin_ends_when_terraform_is_killed() -> None:
    shell = ["sh", "-c", '"$@" & wait', "terraform", *PLUGIN]
    environment = {**os.environ, **COOKIE}
    with subprocess.Popen(shell, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as terraform:
        socket = handshake(terraform)[3]
        terraform.kill()
        assert terraform.stdout
        assert terraform.stdout.read() == ""  # ends with the last process that could write to it
    assert not Path(socket).parent.exists()


def test_started_by_hand_it_says_what_it_is() -> None:
    done = subprocess.run(PLUGIN, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "This is a plugin of Terraform" in done.stderr
