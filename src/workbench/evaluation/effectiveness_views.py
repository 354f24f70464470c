"""Parts of the table of estimates (``effectiveness.Estimates``) that are worth a look of their own."""

from __future__ import annotations

import pandas as pd

ROOT = ""


def of_all_models(estimates: pd.DataFrame) -> pd.DataFrame:
    return estimates[estimates["language_model"] == ""]


def branches(estimates: pd.DataFrame) -> pd.DataFrame:
    """The rows of top-level branches, of all language models together."""
    rows = of_all_models(estimates)
    return rows[(rows["intent"] != ROOT) & ~rows["intent"].str.contains(".", regex=False)]


def lifts(estimates: pd.DataFrame, intent: str = ROOT) -> pd.DataFrame:
    """Rows of an intent, "" for all of them, by falling lift: ``technique``, ``lift``, ``low``, ``high``,
    ``sample_size``.

    Raises:
        ValueError: there are no estimates for ``intent``.
    """
    rows = of_all_models(estimates)
    rows = rows[rows["intent"] == intent]
    if rows.empty:
        raise ValueError(f"no estimates for the intent {intent!r}")
    table = rows[["technique", "lift", "lift_low", "lift_high", "sample_size"]]
    table = table.rename(columns={"lift_low": "low", "lift_high": "high"})
    return table.sort_values("lift", ascending=False, kind="stable").reset_index(drop=True)


def least_known(estimates: pd.DataFrame, most: int) -> pd.DataFrame:
    """Cells worth learning about, the most first: of every intent the techniques whose interval reaches the best score,
    by ``stake``, the decisions of the intent times the standard error. Columns: ``intent``, ``technique``, ``score``,
    ``low``, ``high``, ``decisions``, ``effective_n``, ``best`` (the best technique there), ``stake``.

    An intent and what lies below it share decisions, so of these only the deepest is told.
    """
    rows = of_all_models(estimates)
    parents = {path.rpartition(".")[0] for path in rows["intent"]}
    rows = rows[~rows["intent"].isin(parents | {ROOT}) & (rows["decisions"] > 0)]
    first = rows.loc[rows.groupby("intent")["score"].idxmax()].set_index("intent")
    best, name = rows["intent"].map(first["score"]), rows["intent"].map(first["technique"])
    rows = rows.assign(best=name, stake=rows["decisions"] * rows["standard_error"])
    rows = rows[rows["high"] >= best].sort_values("stake", ascending=False, kind="stable")
    columns = ["intent", "technique", "score", "low", "high", "decisions", "effective_n", "best", "stake"]
    return rows[columns].head(most).reset_index(drop=True)


def refusals(estimates: pd.DataFrame) -> pd.DataFrame:
    """How many cells are refused for what: ``reason``, ``cells``, ``decisions`` of the largest, and an ``example``."""
    rows = of_all_models(estimates)
    rows = rows[(rows["intent"] != ROOT) & rows["refused"].notna()]
    kinds = rows["refused"].str.replace(r" [\d.]+ (is below|is above) [\d.]+", r" \1 its threshold", regex=True)
    rows = rows.assign(reason=kinds, example=rows["technique"] + " for " + rows["intent"])
    found = rows.sort_values("decisions", ascending=False, kind="stable").groupby("reason", sort=False)
    table = found.agg(cells=("reason", "size"), decisions=("decisions", "max"), example=("example", "first"))
    return table.sort_values("cells", ascending=False, kind="stable").reset_index()


def by_model(estimates: pd.DataFrame, intent: str = ROOT) -> pd.DataFrame:
    """Scores of single language models at an intent: ``technique``, ``language_model``, ``score``, ``low``, ``high``,
    ``sample_size``; none where the log has a single model."""
    rows = estimates[(estimates["intent"] == intent) & (estimates["language_model"] != "")]
    columns = ["technique", "language_model", "score", "low", "high", "sample_size"]
    return rows[columns].reset_index(drop=True)
