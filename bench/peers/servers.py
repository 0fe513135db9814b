"""The servers of the benchmark: how each is started, and asked about the same rows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from peers.trees import PROBLEM, Row, Trees, encoded, save_pipeline
from support.processes import BIN, Service, free_port, model_server
from support.serving import raw_url

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / "var" / "bench"
_UV = HERE.parents[1] / "var" / "uv" / "bin" / "uv"


@dataclass(frozen=True)
class Server:
    """`body` is the JSON that asks about rows."""

    service: Service
    path: str
    body: Callable[[Sequence[Row]], str]

    @property
    def url(self) -> str:
        return self.service.url + self.path

    def processes(self) -> list[int]:
        """The process that was started and all below it."""
        found = [self.service.running.pid] if self.service.running else []
        for pid in found:
            children = Path(f"/proc/{pid}/task").glob("*/children")
            found += [int(child) for file in children for child in file.read_text().split()]
        return found

    def end(self) -> None:
        """All of its processes, also those that put themselves into another session."""
        processes = self.processes()
        self.service.stop()
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """To all of its processes, children first: nobody finds that a child does not answer."""
        for pid in reversed(self.processes()):
            os.kill(pid, number)

    def cpu_seconds(self) -> float:
        """What its processes have computed so far, for themselves and in the kernel."""
        times = (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13] for pid in self.processes()
        )
        return sum(int(user) + int(system) for user, system in times) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> list[float]:
        """Resident memory (RSS, MiB) of each of its processes."""
        status = (Path(f"/proc/{pid}/status").read_text().split() for pid in self.processes())
        return [round(int(words[words.index("VmRSS:") + 1]) / 1024, 1) for words in status]


def _own(rows: Sequence[Row]) -> str:
    return json.dumps(rows[0] if len(rows) == 1 else {"rows": list(rows)})


def _records(rows: Sequence[Row]) -> str:
    return json.dumps({"dataframe_records": list(rows)})


def _numbers(name: str) -> Callable[[Sequence[Row]], str]:
    return lambda rows: json.dumps({name: encoded(list(rows))})


def _tensor(rows: Sequence[Row]) -> str:
    matrix = encoded(list(rows))
    shape = [len(matrix), len(matrix[0])]
    return json.dumps({"inputs": [{"name": "rows", "shape": shape, "datatype": "FP32", "data": matrix}]})


def environment(name: str) -> Path:
    """Programs of a virtual environment with `name`, our ONNX Runtime and the fast parts of uvicorn, made once."""
    folder = ENVIRONMENTS / name
    if not (folder / "ready").exists():
        print(f"making an environment for {name} …", file=sys.stderr, flush=True)
        uv = str(_UV) if _UV.exists() else "uv"
        quiet = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        packages = [name, "uvicorn[standard]", f"onnxruntime=={version('onnxruntime')}"]
        for arguments in (
            ["venv", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", "--python", str(folder / "bin" / "python"), *packages],
        ):
            subprocess.run([uv, "--quiet", *arguments], env=quiet, check=True, stdout=sys.stderr)
        (folder / "ready").touch()
    return folder / "bin"


def installed(name: str) -> str:
    """The version of the package `name` in the environment of that name."""
    code = f"from importlib.metadata import version; print(version({name!r}))"
    command = [str(environment(name) / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def empty(folder: Path) -> Server:
    port = free_port()
    command = [sys.executable, str(HERE / "empty.py"), str(port)]
    return Server(Service("the empty handler", command, "/readyz", port, folder / "empty.log"), "/predict", _own)


def ours(folder: Path, registry: str, state: str = "ours", *, journal: bool = True) -> Server:
    names = {"DEFAULT_PROBLEM": PROBLEM.name, "RAW_DB_URL": raw_url(folder), "LOG_LEVEL": "WARNING"}
    service = model_server(folder / state, registry, **names)
    if not journal:
        service.command = [sys.executable, str(HERE / "unjournaled.py"), str(service.port)]
    return Server(service, "/predict", _own)


def mlflow_models_serve(folder: Path, registry: str, model: str, body: Callable[[Sequence[Row]], str]) -> Server:
    port = free_port()
    command = [str(BIN / "mlflow"), "models", "serve", "-m", model, "--env-manager", "local", "--port", str(port)]
    env = {
        "MLFLOW_TRACKING_URI": registry,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    return Server(
        Service("mlflow models serve", command, "/ping", port, folder / "serve.log", env), "/invocations", body
    )


def bentoml(folder: Path, graph: Path) -> Server:
    port = free_port()
    command = [str(environment("bentoml") / "bentoml"), "serve", "bento:Trees", "--port", str(port)]
    command += ["--working-dir", str(HERE)]
    env = {
        "GRAPH": str(graph),
        "BENTOML_HOME": str(folder / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "true",
    }
    return Server(
        Service("BentoML", command, "/readyz", port, folder / "bentoml.log", env), "/predict", _numbers("rows")
    )


def mlserver(folder: Path, graph: Path) -> Server:
    port = free_port()
    own = folder / "mlserver"
    own.mkdir()
    # Without processes of its own for models: one less hop, and the fastest that it is.
    settings = {
        "host": "127.0.0.1",
        "http_port": port,
        "grpc_port": free_port(),
        "metrics_port": free_port(),
        "parallel_workers": 0,
        "debug": False,
    }
    (own / "settings.json").write_text(json.dumps(settings))
    model = {"name": "trees", "implementation": "mlserver_trees.Trees", "parameters": {"uri": str(graph)}}
    (own / "model-settings.json").write_text(json.dumps(model))
    command = [str(environment("mlserver") / "mlserver"), "start", str(own)]
    service = Service(
        "MLServer", command, "/v2/health/ready", port, folder / "mlserver.log", {"PYTHONPATH": str(HERE)}
    )
    return Server(service, "/v2/models/trees/infer", _tensor)


@contextmanager
def alone(name: str, found: Mapping[str, Server]) -> Iterator[None]:
    """All servers but this one hold still: even idle ones take a third of their core from it."""
    others = [server for other, server in found.items() if other != name]
    for server in others:
        server.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for server in others:
            server.signal(signal.SIGCONT)


@contextmanager
def running(
    folder: Path, registry: str, trees: Trees, prefix: Sequence[str], only: Sequence[str] | None = None
) -> Iterator[dict[str, Server]]:
    """All of them, or `only` some, each command begun with `prefix`."""
    graph = folder / "trees.onnx"
    graph.write_bytes(trees.graph.SerializeToString())
    save_pipeline(trees, folder / "pipeline")
    makers: dict[str, Callable[[], Server]] = {
        "empty_handler": lambda: empty(folder),
        "ours": lambda: ours(folder, registry),
        "ours_without_journal": lambda: ours(folder, registry, "unjournaled", journal=False),
        "mlflow_sklearn": lambda: mlflow_models_serve(folder, registry, str(folder / "pipeline"), _records),
        "mlflow_onnx": lambda: mlflow_models_serve(
            folder, registry, f"models:/{PROBLEM.name}@production", _numbers("inputs")
        ),
        "bentoml_onnx": lambda: bentoml(folder, graph),
        "mlserver_onnx": lambda: mlserver(folder, graph),
    }
    servers = {name: make() for name, make in makers.items() if only is None or name in only}
    with ExitStack() as stack:
        for name, server in servers.items():
            print(f"starting {name} …", file=sys.stderr, flush=True)
            server.service.command[:0] = prefix
            server.service.start()
            stack.callback(server.end)
        yield servers
