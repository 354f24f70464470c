"""What a model has to beat, fitted on the same rows in the same run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.multiclass import OneVsRestClassifier

from workbench.models.columns import CompactTfidfVectorizer
from workbench.records import Vector

# Of the coefficients: scipy's L-BFGS keeps ten steps and ten gradients, and some more of each.
LBFGS_COPIES = 25
MOST_NUMBERS = 130_000_000


def majority(train: NDArray[Any], rows: int) -> NDArray[Any]:
    """The most frequent training label, for every row; ties go to the first in order."""
    labels, counts = np.unique(train, return_counts=True)
    return np.full(rows, labels[np.argmax(counts)], dtype=train.dtype)


def tfidf_logistic(train: Sequence[str], labels: NDArray[Any], test: Sequence[str], seed: int) -> NDArray[Any]:
    """Word TF-IDF and logistic regression with scikit-learn's defaults, the usual first try.

    Where the default solver would take more than about a gigabyte, one that takes a tenth of it minimises the same
    loss, in single precision.
    """
    vectors = CompactTfidfVectorizer()
    X = vectors.fit_transform(list(train))
    numbers = len(np.unique(labels)) * (LBFGS_COPIES * X.shape[1] + 4 * X.shape[0])
    options: dict[str, Any] = {}
    if numbers > MOST_NUMBERS:
        X, options = X.astype(np.float32), {"solver": "saga", "tol": 1e-3}
    model = LogisticRegression(max_iter=1000, random_state=seed, **options).fit(X, labels)
    predicted: NDArray[Any] = model.predict(vectors.transform(list(test)).astype(X.dtype))
    return predicted


def tfidf_logistic_ranking(train: Sequence[str], labels: Vector, test: Sequence[str], seed: int) -> Vector:
    """The same for several labels a row: one logistic regression a column that varies. Shape (test, columns)."""
    vectors = CompactTfidfVectorizer()
    X = vectors.fit_transform(list(train))
    varying = np.flatnonzero((labels.sum(axis=0) > 0) & (labels.sum(axis=0) < len(labels)))
    head = OneVsRestClassifier(LogisticRegression(solver="liblinear", random_state=seed))
    scores = np.tile(labels.mean(axis=0), (len(test), 1))
    if len(varying):
        head.fit(X, labels[:, varying])
        found = head.predict_proba(vectors.transform(list(test)))
        scores[:, varying] = found if found.shape[1] == len(varying) else found[:, -1:]
    return scores


def most_popular(labels: Vector, rows: int) -> Vector:
    """The share of training prompts that name each technique, for every row. Shape (rows, techniques)."""
    return np.tile(labels.mean(axis=0), (rows, 1))


def companions(
    train: NDArray[Any], secondary: Sequence[Sequence[str]], predicted: NDArray[Any]
) -> list[tuple[str, ...]]:
    """The secondary labels that go with each predicted primary one most often, the most frequent first.

    A label is given that stands beside a certain share of the primary's training rows; the share is the one that meets
    the training rows' secondary labels with the highest F1 when each row is judged by the others.
    """
    rows = Counter(str(label) for label in train)
    pairs = Counter((str(label), other) for label, further in zip(train, secondary, strict=True) for other in further)
    ranked = sorted(pairs, key=lambda pair: (-pairs[pair], pair))
    counts = np.array([pairs[pair] for pair in ranked], dtype=np.float64)
    sizes = np.array([rows[label] for label, _ in ranked], dtype=np.float64)
    often = counts / sizes >= _best_share(counts, sizes)
    usual: dict[str, list[str]] = {label: [] for label in rows}
    for index in np.flatnonzero(often):
        usual[ranked[index][0]].append(ranked[index][1])
    return [tuple(usual.get(str(label), ())) for label in predicted]


def prompt_length(train: Sequence[str], levels: NDArray[Any], test: Sequence[str]) -> NDArray[Any]:
    """The level that isotonic regression on the number of characters gives, rounded: longer is never simpler, or never
    more complex, whichever fits."""
    lengths = [np.log1p([len(text) for text in texts]) for texts in (train, test)]
    rising = bool(np.cov(lengths[0], levels)[0, 1] >= 0)
    model = IsotonicRegression(increasing=rising, out_of_bounds="clip").fit(lengths[0], levels)
    return _nearest(model.predict(lengths[1]), levels)


def rounded_regression(train: Any, levels: NDArray[Any], test: Any) -> NDArray[Any]:
    """Ridge regression, its penalty by leave-one-out, rounded to the nearest level of the training rows."""
    model = RidgeCV(alphas=(0.1, 1.0, 10.0, 100.0, 1000.0)).fit(train, levels)
    return _nearest(model.predict(test), levels)


def plain_classification(train: Any, levels: NDArray[Any], test: Any) -> NDArray[Any]:
    """Multinomial logistic regression, which does not know that levels have an order."""
    model = LogisticRegression(max_iter=1000).fit(train, levels.astype(str))
    predicted: NDArray[Any] = model.predict(test).astype(float)
    return predicted


def _nearest(values: Vector, levels: NDArray[Any]) -> NDArray[Any]:
    known = np.unique(levels)
    found: NDArray[Any] = known[np.abs(values[:, None] - known[None, :]).argmin(axis=1)]
    return found


def _best_share(counts: Vector, sizes: Vector) -> float:
    """Without its own row a pair stands beside (count - 1) / (size - 1) of the others where the row has it, and beside
    count / (size - 1) where it has not. Infinity where no pair ever helps another row."""
    others = np.maximum(sizes - 1, 1)
    shares = np.concatenate([(counts - 1) / others, counts / others])
    hits, given = np.concatenate([counts, 0 * counts]), np.concatenate([counts, sizes - counts])
    order = np.argsort(-shares, kind="stable")
    f1 = 2 * np.cumsum(hits[order]) / (np.cumsum(given[order]) + counts.sum())
    # Of equal shares all are given or none: the last of them knows what that costs.
    last = np.append(np.diff(shares[order]) < 0, True)[: len(order)]
    f1 = np.where(last & (shares[order] > 0), f1, 0.0)
    return float(shares[order[f1.argmax()]]) if f1.any() else float("inf")
