"""Fine-tuning of a sentence encoder on labelled prompts, in folds, so that every prompt is also scored unseen."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from workbench.features.embedding import Encoder, ModuleEncoder, embed
from workbench.records import Matrix

Tick = Callable[[int, int], None]
# Word pieces of a prompt that are read while tuning; memory grows with it. When encoding, all windows are read.
LONGEST = 128
# Batches are sorted by length within so many at a time: little padding, and still other batches in every epoch.
SORTED_TOGETHER = 20


@dataclass(frozen=True)
class Tuning:
    """How an encoder is tuned: cross entropy over the cosines to one vector a label, times ``scale``."""

    epochs: int = 2
    folds: int = 3
    learning_rate: float = 2e-4
    batch: int = 64
    scale: float = 20.0
    smoothing: float = 0.1


@dataclass(frozen=True)
class Tuned:
    """``model`` has the mean of the members' weights, ``classes`` (labels, length) their mean unit vectors.

    ``unseen`` has shape (rows, labels): log-probabilities of each training row by the member that did not see it,
    uniform for the only row of a label, which every member has seen; ``held`` says which rows are not such.
    """

    model: Any
    classes: Matrix
    unseen: Matrix
    held: NDArray[np.bool_]


def tune(
    model: Any,
    texts: Sequence[str],
    targets: NDArray[np.intp],
    embeddings: Matrix,
    seed: int,
    tuning: Tuning,
    device: str = "cpu",
    tick: Tick = lambda *_: None,
) -> Tuned:
    """Tune one member a fold on all rows but the fold's, each from ``model``, and average their weights.

    The average needs one pass a prompt and does about as well as the members' votes, since all of them start at the
    same weights (Wortsman et al. 2022, "Model soups"). ``targets`` are 0 to labels - 1, ``embeddings`` what ``model``
    makes of the texts; ``model`` stays as it is.
    """
    labels = int(targets.max()) + 1
    fold = folds_of(targets, tuning.folds, seed)
    unseen = np.full((len(texts), labels), -np.log(labels), dtype=np.float32)
    parts = [np.flatnonzero(fold != member) for member in range(tuning.folds)]
    steps = [tuning.epochs * -(-len(seen) // tuning.batch) for seen in parts]
    weights: dict[str, Any] = {}
    classes = np.zeros((labels, embeddings.shape[1]), dtype=np.float32)
    for member, seen in enumerate(parts):
        start = _means(embeddings[seen], targets[seen], labels)
        own = partial(_ahead, tick, sum(steps[:member]), sum(steps))
        starting = copy.deepcopy(model).to(device)
        found, vectors = _member(starting, _take(texts, seen), targets[seen], start, seed + member, tuning, own)
        held = np.flatnonzero(fold == member)
        unseen[held] = log_probabilities(ModuleEncoder(found), vectors, _take(texts, held), tuning.scale)
        weights = added(weights, found.state_dict(), 1 / tuning.folds)
        classes += vectors / np.float32(tuning.folds)
    averaged = copy.deepcopy(model)
    averaged.load_state_dict(weights)
    return Tuned(averaged, _unit(classes), unseen, fold >= 0)


def log_probabilities(
    encoder: Encoder, classes: Matrix, texts: Sequence[str], scale: float = Tuning.scale, tick: Tick = lambda *_: None
) -> Matrix:
    """Shape (texts, labels), float32; windows of long texts are averaged first."""
    found = np.empty((len(texts), len(classes)), dtype=np.float32)
    for rows, vectors in embed(texts, encoder, tick):
        logits = torch.from_numpy(np.ascontiguousarray(vectors @ classes.T)) * scale
        found[rows] = functional.log_softmax(logits, dim=1).numpy()
    return found


def folds_of(targets: NDArray[np.intp], folds: int, seed: int) -> NDArray[np.intp]:
    """The fold that holds each row out, -1 for the only row of a label; each label is spread evenly."""
    random = np.random.default_rng(seed)
    found = np.full(len(targets), -1, dtype=np.intp)
    start = 0
    for label in np.unique(targets):
        rows = random.permutation(np.flatnonzero(targets == label))
        if len(rows) > 1:
            found[rows] = (start + np.arange(len(rows))) % folds
            start += len(rows)
    return found


def added(total: dict[str, Any], state: dict[str, Any], share: float) -> dict[str, Any]:
    """``total`` plus a share of the weights of ``state``, on the CPU; what is no float is taken as it is."""
    found = {}
    for name, tensor in state.items():
        value = tensor.detach().cpu()
        if value.is_floating_point():
            value = value * share + total.get(name, 0.0)
        found[name] = value
    return found


def has_bfloat16(device: str) -> bool:
    """Whether half the bits are faster here instead of slower."""
    if device != "cpu":
        return device == "cuda" and torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _take(texts: Sequence[str], rows: NDArray[np.intp]) -> list[str]:
    return [texts[row] for row in rows.tolist()]


def _ahead(tick: Tick, before: int, total: int, done: int) -> None:
    tick(before + done, total)


def _member(
    model: Any,
    texts: Sequence[str],
    targets: NDArray[np.intp],
    start: Matrix,
    seed: int,
    tuning: Tuning,
    tick: Callable[[int], None],
) -> tuple[Any, Matrix]:
    device = model.device.type
    length, model.max_seq_length = model.max_seq_length, min(model.max_seq_length, LONGEST)
    classes = torch.nn.Parameter(torch.from_numpy(start).to(device))
    parts: list[dict[str, Any]] = [
        {"params": list(model.parameters())},
        {"params": [classes], "lr": 10 * tuning.learning_rate},
    ]
    optimizer = torch.optim.AdamW(parts, lr=tuning.learning_rate)
    total = tuning.epochs * -(-len(texts) // tuning.batch)
    rates = [group["lr"] for group in optimizer.param_groups]
    random = np.random.default_rng(seed)
    batches = (rows for _ in range(tuning.epochs) for rows in _batches(texts, tuning.batch, random))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model.train()
        for step, rows in enumerate(batches):
            loss = _loss(model, _take(texts, rows), targets[rows], classes, tuning)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * _rate(step, total)
            optimizer.step()
            tick(step + 1)
    optimizer.zero_grad(set_to_none=True)
    model.eval()
    model.max_seq_length = length
    return model, _unit(classes.detach().cpu().numpy())


def _loss(model: Any, texts: Sequence[str], targets: NDArray[np.intp], classes: Any, tuning: Tuning) -> Any:
    device = model.device.type
    inputs = {name: value.to(device) for name, value in model.preprocess(list(texts)).items() if torch.is_tensor(value)}
    with torch.autocast(device, torch.bfloat16, enabled=has_bfloat16(device)):
        vectors = model(inputs)["sentence_embedding"]
    cosines = functional.normalize(vectors.float(), dim=1) @ functional.normalize(classes, dim=1).T
    wanted = torch.from_numpy(targets).to(device)
    return functional.cross_entropy(tuning.scale * cosines, wanted, label_smoothing=tuning.smoothing)


def _rate(step: int, total: int) -> float:
    """Up over the first tenth, then down to nothing."""
    return min(1.0, (step + 1) / (0.1 * total)) * max(0.0, 1 - step / total)


def _batches(texts: Sequence[str], size: int, random: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    order = random.permutation(len(texts))
    lengths = np.array([len(text) for text in texts])
    found: list[NDArray[np.intp]] = []
    for start in range(0, len(order), size * SORTED_TOGETHER):
        together = order[start : start + size * SORTED_TOGETHER]
        together = together[np.argsort(lengths[together], kind="stable")]
        found += [together[first : first + size] for first in range(0, len(together), size)]
    return (found[place] for place in random.permutation(len(found)))


def _means(embeddings: Matrix, targets: NDArray[np.intp], labels: int) -> Matrix:
    sums = np.zeros((labels, embeddings.shape[1]), dtype=np.float32)
    np.add.at(sums, targets, embeddings)
    return _unit(sums)


def _unit(rows: Matrix) -> Matrix:
    found: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return found.astype(np.float32)
