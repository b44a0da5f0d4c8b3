# make course   everything a student needs, in one command; a second call repeats nothing that is done
# make test     what a change must pass
# (Windows without make: docs/installing.md lists the same commands one by one.)

PYTHON ?= python3
JOBS   ?= 2
BIN    := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
# Named after the content of what is installed, so that neither a checkout nor an edit during an installation fools it.
STAMP  := .venv/.installed-$(shell cat requirements.txt pyproject.toml | cksum | cut -d ' ' -f 1)

SITE_STAMP := .venv/.site-$(shell cat requirements-site.txt pyproject.toml 2>/dev/null | cksum | cut -d ' ' -f 1)
SITE   ?= build/site

# One thread a process: two threads on two busy cores made a training step 5 to 16 times slower.
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help env course test lint unit notebooks smoke site site-test clean

help:
	@echo "make course     environment, spoken corpus, trained models, your copies of the lessons   (JOBS=2 at a time)"
	@echo "make test       environment, lint, unit tests, every notebook in its smoke profile"
	@echo "make env        the virtual environment .venv alone   (PYTHON=python3)"
	@echo "make notebooks  for authors: build and execute the notebooks that are out of step with their sources"
	@echo "make site       the course, the docs and the reference as pages, in $(SITE)   (no server needed)"
	@echo "make site-test  every page of the site in a browser: requests, contrast, alt texts, phone width   (needs Chromium)"
	@echo "make lint | unit | smoke   the parts of make test"
	@echo "make clean      remove what tests and builds leave; .venv, data, runs and work stay"

env: $(STAMP)

# The stamp is written last: an installation that was cut off is taken up again.
$(STAMP):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Given: no $(PYTHON) here. Expected: Python 3.11 or newer. Do: install it, or name yours: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Given: $$($(PYTHON) --version). Expected: Python 3.11 or newer." \
	       "Do: install one, then make PYTHON=python3.11 (or its full path)"; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Given: $(PYTHON) without its venv module. Expected: Python with venv." \
	       "Do (Debian, Ubuntu): sudo apt install python3-venv"; \
	  exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@rm -f .venv/.installed-*
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt -e .
	@touch $@

course: env
	$(BIN)/mcsan ceilings --world matching --jobs $(JOBS)
	$(BIN)/mcsan run --rows MCSAN --seeds 3 --jobs $(JOBS)
	$(BIN)/mcsan floors synthetic --jobs $(JOBS)
	$(BIN)/mcsan course --copy-only
	@echo
	@echo "The course is ready."
	@echo "  data/   the spoken corpus and its features"
	@echo "  runs/   the trained models and their results"
	@echo "  work/   your own copies of the lessons, executed; work/solutions/ the same, solved"
	@echo "Open it:  $(BIN)/mcsan course"

test: env lint unit smoke

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

unit: env
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

notebooks: env
	$(BIN)/python notebooks/build.py --jobs $(JOBS)

smoke: env
	$(BIN)/python notebooks/build.py --profile smoke --jobs $(JOBS)

$(SITE_STAMP): $(STAMP)
	@rm -f .venv/.site-*
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements-site.txt
	@touch $@

site: env $(SITE_STAMP)
	$(BIN)/python site/build.py --out $(SITE) --jobs $(JOBS)

site-test: site
	MCSAN_SITE=$(SITE) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/site

clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find mcsan_lite notebooks tests -name __pycache__ -prune -exec rm -rf {} +
	find notebooks -name .ipynb_checkpoints -prune -exec rm -rf {} +
	@echo "Kept: .venv, data, runs, work. To start over, remove them too: rm -rf .venv data runs work"
