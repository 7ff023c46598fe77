# `make` lists the targets. Everything is installed into .tools, .venv and node_modules of this folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PIPENV_VERSION := 2026.10.3

export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$(CURDIR)/.tools/bin:$(PATH)
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_VERBOSITY := -1
export PIPENV_NOSPIN := 1
# No tool of ours calls home.
export CHECKPOINT_DISABLE := 1
export DISABLE_VERSION_CHECK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false
# npm trusts what the machine trusts, such as a company's own certificate authority.
export NODE_USE_SYSTEM_CA := 1

READY := .venv/.ready
WORKERS ?= 2

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- what users run ---------------------------------------------------------------------------------------------------

.PHONY: setup demo permissions preflight bootstrap synth diff deploy destroy
setup: $(READY) ## Install everything into this folder

demo: $(READY) ## From nothing to a model that answers in PROD, on this machine, without an AWS account
	@python -m sandbox demo $(if $(INTERACTIVE),--interactive)

permissions: $(READY) ## Show what the demonstration proved of permissions, and which of them it never used
	@test -f .sandbox/journey.json || python -m sandbox demo
	@python -m sandbox permissions

preflight: $(READY) ## Look whether the accounts are ready, and as they should be: make preflight [ACCOUNT=demo-dev] [PLAN=1]
	@python -m preflight $(ACCOUNT) $(if $(PLAN),--plan)

bootstrap: $(READY) ## Create the state bucket of one account: make bootstrap ACCOUNT=demo-dev
	@python -m bootstrap $(call account,bootstrap) $(if $(YES),--yes) $(if $(CI),--ci $(CI))

synth: $(READY) ## Write the Terraform configuration of every account to cdktf.out
	@cdktf synth

diff: $(READY) ## Show what a deploy would change: make diff ACCOUNT=demo-dev
	@cdktf diff $(call account,diff)

deploy: $(READY) ## Deploy one account: make deploy ACCOUNT=demo-dev
	@cdktf deploy $(call account,deploy)

destroy: $(READY) ## Take one account's baseline away: make destroy ACCOUNT=demo-dev
	@cdktf destroy $(call account,destroy)

account = $(or $(ACCOUNT),$(error Which account? For example: make $(1) ACCOUNT=demo-dev))

# --- what developers run ----------------------------------------------------------------------------------------------

.PHONY: check test bench docs review release golden cdktn fmt lock clean
check: $(READY) ## Lint, types and instant tests, in seconds
	ruff check .
	ruff format --check --quiet .
	terraform fmt -check -recursive modules
	codespell --quiet-level 2 $$(git ls-files)
	cfn-lint bootstrap/*.yaml cfn_product/template.yaml
	mypy
	zizmor --offline --quiet .github
	actionlint
	python -m pytest -q tests/instant tests/template tests/review
	@python -m toolchain.code_lines sandbox

test: $(READY) check ## Everything, with the real Terraform and the real CDKTF CLI
	python -m pytest -q -n $(WORKERS) --dist loadscope --no-loadscope-reorder --durations=5 \
		--ignore=tests/instant --ignore=tests/template --ignore=tests/review

bench: $(READY) ## Measure synth and start-up, as ratios in one run
	@python -m bench

review: $(READY) ## Review the working tree against main, in the sandbox: the comment of a pull request
	@python -m toolchain.branch_review --base $(or $(BASE),main)

docs: $(READY) ## Rewrite the computed tables and diagrams of docs/
	@python -m toolchain.architecture --write
	@python -m toolchain.comparison --write
	@python -m toolchain.cost --write

release: $(READY) ## Publish the product template: make release VERSION=1.1.0
	@python -m toolchain.release $(or $(VERSION),$(error Which version? For example: make release VERSION=1.1.0))

golden: $(READY) ## Rewrite tests/synth/golden from the present synth
	python -m pytest -q tests/synth/test_golden.py --update-golden

cdktn: $(READY) ## Synthesise with cdktn, the living fork of cdktf, and show what differs (560 MB)
	@python -m toolchain.cdktn

fmt: $(READY) ## Format Python and Terraform
	ruff check --fix-only --quiet . && ruff format .
	terraform fmt -recursive modules

lock: .tools/bin/pipenv ## Write Pipfile.lock and package-lock.json anew
	.tools/bin/python toolchain/lock.py

clean: ## Remove everything that was installed or made here
	rm -rf .mypy_cache .ruff_cache .sandbox .tools .venv cdktf.log cdktf.out node_modules

# --- set-up -----------------------------------------------------------------------------------------------------------

.tools/bin/pipenv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Choose another: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python has no venv here. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Installing pipenv into .tools"
	@$(PYTHON) -m venv .tools
	@.tools/bin/python -m pip install --quiet pipenv==$(PIPENV_VERSION)

$(READY): Pipfile.lock package-lock.json toolchain/terraform.py toolchain/terraform-requirements.txt | .tools/bin/pipenv
	@echo "Installing the Python packages into .venv (1.2 GB, of which 0.5 GB are the bindings of the AWS provider)"
	@.tools/bin/pipenv sync --dev > .tools/pipenv.log 2>&1 || { tail -40 .tools/pipenv.log; exit 1; }
	@echo "Installing the CDKTF CLI into node_modules"
	@npm ci --loglevel=error
	@python toolchain/terraform.py
	@touch $@
