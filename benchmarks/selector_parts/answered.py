"""Questions of which every arm's reward is known, and logs that hide all arms but one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.evaluation.propensity import Propensities
from workbench.records import DIMENSIONS

THOUGHTSOURCE = ("thoughtsource67_questions.csv", "thoughtsource67_outcomes.csv")
ROUTELLM = "routellm_mmlu20.csv"
# Of the logging policy: how strongly it prefers one arm for one kind of question, and the least it gives any.
CONCENTRATION = 3.0
LEAST = 0.1


@dataclass(frozen=True)
class Answered:
    """``rewards`` has shape (questions, arms), ``frame`` what is known of each question (``intent`` and ``embedding``);
    the first arm is the simplest."""

    name: str
    frame: pd.DataFrame
    arms: tuple[str, ...]
    rewards: np.ndarray

    @property
    def best_fixed(self) -> int:
        """By its true value over all questions."""
        return int(self.rewards.mean(axis=0).argmax())

    def best_per_intent(self) -> np.ndarray:
        """Shape (questions,): the arm of the highest true value over all questions of the same intent."""
        means = pd.DataFrame(self.rewards).groupby(self.frame["intent"].to_numpy()).mean()
        return means.loc[self.frame["intent"]].to_numpy().argmax(axis=1)

    def rows(self, places: np.ndarray) -> pd.DataFrame:
        return self.frame.iloc[places].reset_index(drop=True)


@dataclass(frozen=True)
class Log:
    """Questions drawn, the arm taken for each, and the probability of every arm, shape (rows, arms)."""

    places: np.ndarray
    taken: np.ndarray
    propensities: np.ndarray


def hide(data: Answered, places: np.ndarray, random: np.random.Generator) -> Log:
    """One arm a question, by a policy that prefers some arms for some intents and gives each at least ``LEAST``."""
    _, kind = np.unique(data.frame["intent"].to_numpy(dtype=str), return_inverse=True)
    shares = random.dirichlet(np.full(len(data.arms), CONCENTRATION), kind.max() + 1)
    shares = LEAST + (1 - LEAST * len(data.arms)) * shares
    among = shares[kind[places]]
    taken = (among.cumsum(axis=1) < random.random((len(places), 1))).sum(axis=1)
    return Log(places, np.minimum(taken, len(data.arms) - 1), among)


def as_propensities(data: Answered, log: Log) -> Propensities:
    rows = np.arange(len(log.places))
    return Propensities(
        arms=data.arms,
        matrix=log.propensities,
        chosen=log.propensities[rows, log.taken],
        source="recorded",
        taken=log.taken.astype(np.int64),
        prompts=rows.astype(np.int64),
        folds=np.zeros(len(rows), dtype=np.int64),
        floor=0.1 / len(data.arms),
        was_recorded=np.ones(len(rows), dtype=bool),
        model="",
        columns=np.empty((len(rows), 0)),
    )


def thoughtsource(folder: Path, vectors: np.ndarray | None = None) -> dict[str, Answered]:
    """By language model."""
    questions = pd.read_csv(folder / THOUGHTSOURCE[0])
    outcomes = pd.read_csv(folder / THOUGHTSOURCE[1])
    arms = tuple(sorted(outcomes["technique"].unique()))
    found = {}
    for model, part in outcomes.groupby("model"):
        table = part.pivot(index="qid", columns="technique", values="reward").loc[questions["qid"], list(arms)]
        found[str(model)] = Answered(
            str(model), _frame(questions["task"], questions["text"], vectors), arms, table.to_numpy(float)
        )
    return found


def routellm(folder: Path, vectors: np.ndarray | None = None) -> Answered:
    table = pd.read_csv(folder / ROUTELLM)
    rewards = table[["weak", "strong"]].to_numpy(float)
    return Answered("RouteLLM", _frame(table["label"], table["text"], vectors), ("weak", "strong"), rewards)


def texts(folder: Path, name: str) -> list[str]:
    return list(pd.read_csv(folder / name)["text"])


def _frame(intent: pd.Series, text: pd.Series, vectors: np.ndarray | None) -> pd.DataFrame:
    known = [None] * len(text) if vectors is None else list(vectors[:, :DIMENSIONS].astype(np.float64))
    return pd.DataFrame(
        {"intent": intent.to_numpy(dtype=object), "embedding": pd.Series(known, dtype=object).to_numpy()}
    )
