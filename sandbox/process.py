"""The server process: moto with its corrections, on a free port of 127.0.0.1.

Standard input brings one JSON line, the accounts to hold; standard output answers with one JSON line, the port and the
credentials of each account. The process ends on SIGTERM or when its standard input is closed. It installs no handler:
an exception raised in one is lost when the signal arrives inside a destructor, and nothing here must be put in order.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from sandbox import REPOSITORIES_VARIABLE, corrections
from sandbox.gate import Gate
from sandbox.keys import issue_keys
from sandbox.studio import make_domain, make_execution_role

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

HOST = "127.0.0.1"


def main() -> None:
    accounts: list[dict[str, Any]] = json.loads(sys.stdin.readline())
    corrections.apply()
    server = _bind()
    keys = {
        account["name"]: issue_keys(account_id=account["account_id"], region=account["region"]) for account in accounts
    }
    for account in accounts:
        for arn in account["studio_role_arns"]:
            make_execution_role(arn=arn, region=account["region"])
        if account["studio_domain_id"]:
            make_domain(account["studio_domain_id"], account=account)
    threading.Thread(target=_end_with_the_caller, daemon=True).start()
    print(json.dumps({"port": server.server_port, "keys": keys}), flush=True)
    sys.stdout = sys.stderr  # nobody reads on, and moto prints: a full pipe would stop it
    server.serve_forever()


def _bind() -> BaseWSGIServer:
    application = Gate(moto=DomainDispatcherApplication(create_backend_app))
    server = make_server(HOST, 0, application, threaded=True, request_handler=MotoRequestHandler)
    os.environ["MOTO_PORT"] = str(server.server_port)  # moto asks for it where it calls itself
    return server


def _end_with_the_caller() -> None:
    sys.stdin.read()
    shutil.rmtree(os.environ[REPOSITORIES_VARIABLE], ignore_errors=True)  # the caller died, or does it himself
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
