# syntax=docker/dockerfile:1
# check=skip=InvalidDefaultArgInFrom
# One recipe for every service of ours; PACKAGE is the workspace member that an image holds. The versions have
# no default here: they stand in .env.example, once, and compose hands them in.
ARG PYTHON_VERSION
ARG UV_VERSION

FROM ghcr.io/astral-sh/uv:${UV_VERSION} AS uv

FROM python:${PYTHON_VERSION}-slim AS build
COPY --from=uv /uv /usr/local/bin/
# Bytecode is compiled here because the user who runs it may not write it: uncompiled, Airflow would translate
# thousands of modules at every start.
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_PROGRESS=1 \
    UV_PROJECT_ENVIRONMENT=/app/.venv \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
ARG PACKAGE
# What others wrote, in a layer that our own changes leave alone. uv wants to see every member of the workspace.
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    --mount=type=bind,source=airflow/pyproject.toml,target=airflow/pyproject.toml \
    --mount=type=bind,source=cli/pyproject.toml,target=cli/pyproject.toml \
    --mount=type=bind,source=contract/pyproject.toml,target=contract/pyproject.toml \
    --mount=type=bind,source=datasource/pyproject.toml,target=datasource/pyproject.toml \
    --mount=type=bind,source=inference/pyproject.toml,target=inference/pyproject.toml \
    --mount=type=bind,source=lab/pyproject.toml,target=lab/pyproject.toml \
    --mount=type=bind,source=loadtest/pyproject.toml,target=loadtest/pyproject.toml \
    --mount=type=bind,source=mlflow/pyproject.toml,target=mlflow/pyproject.toml \
    --mount=type=bind,source=observability/pyproject.toml,target=observability/pyproject.toml \
    --mount=type=bind,source=problems/pyproject.toml,target=problems/pyproject.toml \
    --mount=type=bind,source=ui/pyproject.toml,target=ui/pyproject.toml \
    uv sync --frozen --no-dev --no-install-workspace --package "${PACKAGE}"
COPY . .
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --no-editable --package "${PACKAGE}"

FROM python:${PYTHON_VERSION}-slim AS runtime
# /var/lib/relevo is the one place a service writes to; a volume mounted there takes over its owner.
RUN useradd --uid 1000 --home-dir /var/lib/relevo --create-home relevo
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1
USER relevo
WORKDIR /var/lib/relevo

FROM runtime AS airflow
# A volume that is mounted here takes over its owner too.
RUN mkdir -p airflow/logs
COPY --from=build /app/.venv /app/.venv
COPY airflow/dags /opt/relevo/dags

FROM runtime AS service
COPY --from=build /app/.venv /app/.venv
