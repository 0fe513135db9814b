"""Row keys and splits: the same row lands in the same split, in any order, any batch, any process."""

import hashlib
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from relevo_problems.problem import Problem

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
# Named in every training set: a model can be trained again only with the rule it was trained by.
SPLIT_RULE = "blake2b-70/15/15"
# Of the rows, as many are trained on.
TRAINED_SHARE = 0.70
_UPPER_BOUNDS = np.array([TRAINED_SHARE, 0.85])
# ASCII's unit separator, so that ("a", "bc") is not ("ab", "c"), and its escapes for the odd cell that holds one.
_SEPARATOR = "\x1f"
_ESCAPES = str.maketrans({"\x1e": "\x1e\x1e", "\x1f": "\x1e\x1f"})


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def row_keys(problem: Problem, rows: pd.DataFrame) -> list[str]:
    """The identity of each typed row, as delivered: 32 hex digits over all of its columns, shape (rows,)."""
    columns = [map(str, rows[column.name].tolist()) for column in problem.delivered]
    return [_digest(_joined(cells)).hex() for cells in zip(*columns, strict=True)]


def _joined(cells: tuple[str, ...]) -> str:
    """Different texts for different cells: none with the usual number of separators is like one with more."""
    line = _SEPARATOR.join(cells)
    if line.count(_SEPARATOR) < len(cells):
        return line
    return _SEPARATOR.join(cell.translate(_ESCAPES) for cell in cells)


def splits(problem: Problem, rows: pd.DataFrame, keys: list[str]) -> NDArray[np.str_]:
    """The split of each row, by its group if it has one and by its own key if not, shape (rows,)."""
    if problem.group is None:
        seeds = bytes.fromhex("".join(keys))
    else:
        groups = zip(rows[problem.group].tolist(), rows[problem.group].isna().tolist(), keys, strict=True)
        seeds = b"".join(bytes.fromhex(key) if gone else _digest(str(group)) for group, gone, key in groups)
    # The key's last eight bytes as a number in [0, 1): its first ones order the table.
    positions = np.frombuffer(seeds, dtype=">u8")[1::2].astype(np.float64) / 2.0**64
    return np.array(SPLITS)[np.searchsorted(_UPPER_BOUNDS, positions, side="right")]


def groups(problem: Problem, rows: pd.DataFrame) -> NDArray[np.int64] | None:
    """The group of each row as a code from 0 on; None where a row is its own group."""
    if problem.group is None or problem.group not in rows:
        return None
    codes = np.asarray(pd.factorize(rows[problem.group])[0], dtype=np.int64)
    # A row that has none is its own.
    alone = codes < 0
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
    return codes
