"""A version in the form in which it is served: the graph and the card that came with it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnxruntime
import pandas as pd
from mlflow.artifacts import download_artifacts
from numpy.typing import NDArray
from pydantic import ValidationError
from relevo_contract.card import Card
from relevo_contract.encoding import Encoder
from relevo_contract.reference_rows import REFERENCE_ROWS_PATH, ReferenceRows
from relevo_contract.registry import CARD_PATH, GRAPH_INPUT, MODEL_FILE, PRODUCTION

from relevo_pipeline.errors import StepError
from relevo_pipeline.run import Run

_PIECE = 20_000
# float32 rounding in a sum over many trees.
_SUM_TOLERANCE = 1e-3


class UnservableError(StepError):
    """A version that cannot be served; the message says why, to come after the version's name."""


@dataclass(frozen=True)
class ServedModel:
    """A model in the form in which it is served: the graph, as bytes and opened, and the card that came with it.

    `reference_rows`, a sample of the rows it was trained on, are for the eye only: None if they are not there.
    """

    card: Card
    graph: bytes
    session: onnxruntime.InferenceSession
    reference_rows: ReferenceRows | None = None

    @classmethod
    def load(cls, run: Run, uri: str) -> "ServedModel":
        """Load `models:/name/version` or `models:/model_id` from the tracking server.

        Raises:
            StepError: what is there is not a model of ours.
        """
        try:
            return cls.fetch(run, uri)
        except UnservableError as error:
            raise StepError(
                f"{uri} cannot be served: {error}. If it was registered by hand, move the alias {PRODUCTION} in "
                "MLflow back to a version that the pipeline registered."
            ) from error

    @classmethod
    def fetch(cls, run: Run, uri: str) -> "ServedModel":
        """As `load`, for whoever goes on without the model.

        Raises:
            UnservableError: card or graph are missing or broken.
        """
        with TemporaryDirectory() as folder:
            local = Path(
                download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=run.settings.mlflow_tracking_uri)
            )
            for file in (CARD_PATH, MODEL_FILE):
                if not (local / file).is_file():
                    raise UnservableError(f"it has no {file}")
            try:
                card = Card.model_validate_json((local / CARD_PATH).read_bytes())
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                where = ".".join(map(str, first["loc"])) or "as a whole"
                raise UnservableError(f"its card is wrong ({where}: {first['msg']})") from error
            if card.problem != run.problem.name:
                raise UnservableError(f"its card is that of {card.problem!r}")
            graph = (local / MODEL_FILE).read_bytes()
            sampled = local / REFERENCE_ROWS_PATH
            rows = ReferenceRows.model_validate_json(sampled.read_bytes()) if sampled.is_file() else None
        return cls(card, graph, open_graph(graph), rows)

    def features(self, rows: pd.DataFrame) -> NDArray[np.floating]:
        """Typed rows as the graph takes them, shape (rows, inputs)."""
        return Encoder(self.card.inputs).table(rows, len(rows)).astype(self._precision, copy=False)

    @property
    def _precision(self) -> type[np.floating]:
        return np.float64 if self.session.get_inputs()[0].type == "tensor(double)" else np.float32

    def answers(self, rows: pd.DataFrame) -> NDArray[np.floating]:
        """Class probabilities of typed rows, shape (rows, classes of the card), or values, shape (rows,).

        Raises:
            UnservableError: the graph does not run, or what it answers are no probabilities of those classes.
        """
        features = self.features(rows)
        # In pieces: a graph that one-hot encodes holds many times what it is given.
        starts = range(0, max(len(features), 1), _PIECE)
        return np.concatenate([self._run(features[start : start + _PIECE]) for start in starts])

    def check(self) -> None:
        """Raise `UnservableError` when not even a row of zeros gets an answer."""
        self._run(np.zeros((1, len(self.card.inputs)), self._precision))

    def _run(self, features: NDArray[np.floating]) -> NDArray[np.floating]:
        rows, classes = len(features), len(self.card.labels)
        try:
            found = answered(self.session, features)
        except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
            raise UnservableError(f"its graph does not run ({str(error)[:200]})") from error
        if found.shape != ((rows, classes) if classes else (rows,)):
            wanted = f"its card has {classes} classes" if classes else "its card wants one value a row"
            raise UnservableError(f"its graph answers {rows} rows in the shape {found.shape}, {wanted}")
        if broken := int((~np.isfinite(found.reshape(rows, -1))).any(axis=1).sum()):
            raise UnservableError(f"its graph answers {broken:,} of {rows:,} rows with what is no number")
        if not classes:
            return found
        sums = found.sum(axis=1, dtype=np.float64)
        worst, least = float(sums[np.abs(sums - 1).argmax()]), float(found.min())
        if abs(worst - 1) > _SUM_TOLERANCE or least < -_SUM_TOLERANCE:
            raise UnservableError(
                f"what its graph answers are no probabilities: they sum up to {worst:.4g}, the least is {least:.4g}"
            )
        return found


def answered(session: onnxruntime.InferenceSession, features: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a graph answers to encoded rows: probabilities (rows, classes), or values (rows,)."""
    # The last output: a classifier's first one may be the label.
    found: NDArray[np.floating] = session.run(None, {GRAPH_INPUT: features})[-1]
    return found[:, 0] if found.ndim == 2 and found.shape[1] == 1 else found


def open_graph(graph: bytes, threads: int = 0) -> onnxruntime.InferenceSession:
    """A session of an ONNX graph; with 0, ONNX Runtime chooses how many threads one call uses.

    Raises:
        UnservableError: it is no graph, or not one from `features` to probabilities or values.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions have no base class of their own
        raise UnservableError(f"its graph cannot be opened ({str(error)[:200]})") from error
    inputs = [node.name for node in session.get_inputs()]
    if inputs != [GRAPH_INPUT] or len(session.get_outputs()) not in (1, 2):
        raise UnservableError(
            f"its graph takes {', '.join(inputs)} and has {len(session.get_outputs())} outputs; it should take "
            f"{GRAPH_INPUT} and have probabilities or values, a label before them at most"
        )
    return session
