"""Which faults are injected: every task at its start, in its middle and at its end, and every service gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Recovery = Literal["retry", "task", "run", "next"]
Whom = Literal["task", "supervisor", "worker"]

TASKS = ("collect", "validate", "clean", "assess", "decide", "train", "judge", "promote", "reject", "record")
CLIENT = "mlflow:MlflowClient"


@dataclass(frozen=True)
class Fault:
    """One fault. `where` says for people what `point` and `spot` say for `relevo_faults.py`.

    Attributes:
        recovery: what brings the run on: Airflow's own `retry`, an operator who clears the `task` or, once it has
            ended, the whole `run`, or nothing but the `next` run.
        service: what is ended instead of a process of the worker, while the task holds still at the spot.
    """

    id: str
    task: str
    point: Literal["start", "middle", "end"]
    where: str
    recovery: Recovery = "retry"
    whom: Whom = "task"
    spot: dict[str, str] | None = None
    service: str | None = None

    @property
    def words(self) -> str:
        """What is done, for the table."""
        if self.service:
            return f"{self.service} killed {self.where}, started again"
        victims = {"task": "the task", "supervisor": "the task and its supervisor", "worker": "the whole worker"}
        return f"SIGKILL of {victims[self.whom]} {self.where}"

    @property
    def alone(self) -> bool:
        """Whether its run will not get to the other tasks."""
        return self.recovery == "next"

    def order(self) -> dict[str, Any]:
        """For `relevo_faults.py`."""
        deed = "hold" if self.service else "kill"
        return {"task": self.task, "point": self.point, "spot": self.spot, "deed": deed, "whom": self.whom}


def before_commit(table: str) -> dict[str, str]:
    return {"commit": table, "when": "before"}


def after_commit(table: str) -> dict[str, str]:
    return {"commit": table, "when": "after"}


def before_call(call: str, argument: str | None = None) -> dict[str, str]:
    return {"call": call, "when": "before"} | ({"argument": argument} if argument else {})


def after_call(call: str, argument: str | None = None) -> dict[str, str]:
    return {"call": call, "when": "after"} | ({"argument": argument} if argument else {})


# The nastiest spots: between two writes that belong together.
IN_FLIGHT = "when its rows are written and not committed"
MIDDLES: dict[str, list[tuple[str, dict[str, str]]]] = {
    "collect": [
        (IN_FLIGHT, before_commit("raw_{problem}")),
        ("when its rows are committed, the audit row not yet", after_commit("raw_{problem}")),
        ("when the answer is there and not yet kept", before_commit("answers")),
        ("when the answer is kept and nobody has looked at it", after_commit("answers")),
    ],
    "validate": [
        ("when the rejected rows are written and not committed", before_commit("rejected_{problem}")),
        ("when the rejected rows are committed, the audit row not yet", after_commit("rejected_{problem}")),
    ],
    "clean": [
        (IN_FLIGHT, before_commit("clean_{problem}")),
        ("when its rows are committed, the audit row not yet", after_commit("clean_{problem}")),
    ],
    "assess": [
        ("when MLflow has the evidence, the audit row not yet", before_commit("runs")),
        ("when MLflow has a run for it, the audit row not yet", after_call(f"{CLIENT}.create_run")),
    ],
    "decide": [("when the decision is committed, MLflow has no word of it", before_call(f"{CLIENT}.set_tag"))],
    "train": [
        ("when the model is logged, its MLflow run still open", after_call("mlflow.onnx:log_model")),
        ("before the model is logged", before_call("mlflow.onnx:log_model")),
    ],
    "judge": [("when MLflow has the verdict, the audit row not yet", before_commit("runs"))],
    "promote": [
        ("when the version is registered, no alias moved", after_call(f"{CLIENT}.create_model_version")),
        ("when the promotion is written down, the alias not moved", after_commit("promotions")),
        (
            "when the alias has moved, the version not tagged",
            after_call(f"{CLIENT}.set_registered_model_alias", "production"),
        ),
    ],
    "reject": [("when the version is registered, no alias moved", after_call(f"{CLIENT}.create_model_version"))],
    "record": [("when the MLflow run is closed, the audit row not", after_call(f"{CLIENT}.set_terminated"))],
}


def kills(stack: str) -> Iterator[Fault]:
    """Of the process that runs the task, for every task."""
    # Each task is retried by Airflow in one place and cleared by an operator in another, but for `collect`: Airflow
    # does not retry that, since whether the request was sent is for the ledger to say.
    for number, task in enumerate(TASKS):
        start_by: Recovery = "retry" if number % 2 else "task"
        end_by: Recovery = "run" if task in {"collect", "record"} else "task" if number % 2 else "retry"
        yield Fault(f"{stack}-{task}-start", task, "start", "at its start", start_by)
        for number, (where, spot) in enumerate(MIDDLES[task], start=1):
            yield Fault(
                f"{stack}-{task}-middle{number}", task, "middle", where, _middle_by(task, number), spot=spot
            )
        yield Fault(f"{stack}-{task}-end", task, "end", "at its end, before Airflow heard of it", end_by)


def _middle_by(task: str, number: int) -> Recovery:
    if task == "collect":
        # Only what was in the process's hands is gone with it.
        return "next" if number == 3 else "task"
    return "run" if (task, number) == ("promote", 3) else "task" if number == 2 else "retry"


def _spot(task: str, number: int = 1) -> dict[str, Any]:
    where, spot = MIDDLES[task][number - 1]
    return {"where": where, "spot": spot}


def supervisors(stack: str) -> Iterator[Fault]:
    """Of the process above the task as well: Airflow finds out by itself that nobody reports any more."""
    for task, number in (("clean", 1), ("train", 1), ("promote", 2)):
        yield Fault(f"{stack}-{task}-supervisor", task, "middle", whom="supervisor", **_spot(task, number))


def workers(stack: str) -> Iterator[Fault]:
    """Of the Celery worker with everything below it; Docker starts it again."""
    for task, number in (("clean", 2), ("judge", 1), ("promote", 1)):
        yield Fault(f"{stack}-{task}-worker", task, "middle", whom="worker", **_spot(task, number))


def _gone(stack: str, service: str, task: str, recovery: Recovery = "retry", **spot: Any) -> Fault:
    name = f"{stack}-{service}-{task}-{recovery}"
    return Fault(name, task, "middle", recovery=recovery, service=service, **spot)


def embedded() -> list[Fault]:
    """Everything for the embedded stack."""
    before_logging = {"where": "before the model is logged", "spot": before_call("mlflow.onnx:log_model")}
    return [
        *kills("embedded"),
        *supervisors("embedded"),
        _gone("embedded", "mysql", "clean", **_spot("clean")),
        _gone("embedded", "mysql", "promote", **_spot("promote", 1)),
        _gone("embedded", "mlflow", "train", **before_logging),
        _gone("embedded", "mlflow", "promote", **_spot("promote", 2)),
    ]


def compose() -> list[Fault]:
    """Everything for the compose stack."""
    before_logging = {"where": "before the model is logged", "spot": before_call("mlflow.onnx:log_model")}
    return [
        *kills("compose"),
        *supervisors("compose"),
        *workers("compose"),
        _gone("compose", "raw-db", "collect", "task", **_spot("collect")),
        _gone("compose", "raw-db", "collect", **_spot("collect", 3)),
        _gone("compose", "raw-db", "promote", **_spot("promote", 1)),
        _gone("compose", "clean-db", "clean", **_spot("clean")),
        _gone("compose", "clean-db", "decide", **_spot("decide")),
        _gone("compose", "mlflow", "train", **before_logging),
        _gone("compose", "mlflow", "promote", **_spot("promote", 2)),
        _gone("compose", "mlflow-db", "judge", **_spot("judge")),
        _gone("compose", "minio", "train", **before_logging),
        _gone("compose", "redis", "assess", **_spot("assess")),
    ]
