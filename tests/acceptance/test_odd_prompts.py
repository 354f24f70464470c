"""Data as it should not be, through the real commands: what can be learned is, and the rest is named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from skops import io

from conftest import Bench

pytestmark = pytest.mark.slow

SCRIPTS = [
    "你能帮我取消昨天的订单吗？",
    "كيف يمكنني إلغاء طلبي الأخير؟",
    "मैं अपना ऑर्डर कैसे रद्द करूँ?",
    "как отменить мой заказ?",
    "🛒❌🙏",
    "cancel 我的订单 الآن 🙏, bitte – ок?",
    "e\u0301tat de ma commande\u200b annulée",
    "注文をキャンセルしたい" * 60,
]
LONG = ("cancel the order I made yesterday. " * 1500)[:50_000]
UNBROKEN = "x" * 50_000


def row(text: object, label: str, split: str = "train") -> dict[str, object]:
    return {"text": text, "label": label, "split": split}


def ordinary(label: str, words: str, count: int) -> list[dict[str, object]]:
    """Every fourth is a test prompt."""
    return [row(f"{words} number {n}", label, "test" if n % 4 == 3 else "train") for n in range(count)]


ODD = [
    *ordinary("order", "something about an order", 12),
    *ordinary("order.cancel", "please cancel the purchase", 12),
    *ordinary("weather", "will it rain in town", 12),
    *ordinary("oos", "tell the story of a dragon", 12),
    *(row(text, "order.cancel") for text in SCRIPTS[:6]),
    *(row(text, "order.cancel", "test") for text in SCRIPTS[6:]),
    row(LONG, "order.cancel"),
    row(("show me what I bought. " * 2500)[:50_000], "order", "test"),
    row(UNBROKEN, "order", "test"),
    row("the only prompt of its intent", "lonely.single"),
    row("what no training prompt is about", "unseen.in_training", "test"),
    row("nor this one", "unseen.in_training", "test"),
    row("", "order"),
    row("  \t \n ", "order"),
    row("\u200b\u200e", "order"),
    row(float("nan"), "order"),
    row(None, "order"),
    row("y" * 50_001, "order"),
    row("said twice", "order"),
    row("said twice", "weather"),
    row("a label in another script", "订单"),
    row("a label of signs", "¿?"),
    row("a label partly of other letters", "café crème"),
    row("a prompt without a label", ""),
]


def written(folder: Path, rows: list[dict[str, object]]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def load(bench: Bench, folder: Path, version: str, rows: list[dict[str, object]]) -> dict[str, Any]:
    options = ("--dataset-version", version, "--split-column", "split", "--create-intents")
    return bench.json("import", str(written(folder, rows)), *options)


@pytest.fixture(scope="module")
def migrated(bench: Bench, small_corpus: Path) -> Bench:
    """Most of the corpus' 66 active intents have no prompt in what follows."""
    bench.run("db", "migrate")
    bench.run("import", str(small_corpus), "--dataset-version", "small")
    return bench


@pytest.fixture(scope="module")
def imported(migrated: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return load(migrated, tmp_path_factory.mktemp("odd"), "odd", ODD)


@pytest.fixture(scope="module", params=["quick", "standard"])
def trained(request: pytest.FixtureRequest, migrated: Bench, imported: dict[str, Any]) -> dict[str, Any]:
    return migrated.json("train", "intent", "--dataset-version", "odd", "--budget", request.param)


def test_what_cannot_be_learned_from_is_set_aside_with_its_reason(imported: dict[str, Any]) -> None:
    assert imported["reasons"] == {
        "empty text": 5,
        "text too long": 1,
        "duplicate with another label": 1,
        "unusable label": 2,
        "empty label": 1,
    }
    assert imported["read"] == len(ODD) == imported["written"] + imported["quarantined"]


def test_a_model_is_trained_and_judged_on_all_the_rest(trained: dict[str, Any], imported: dict[str, Any]) -> None:
    assert trained["n_train"] == imported["train_rows"]
    assert trained["n_test"] == imported["test_rows"]
    assert trained["accuracy"] > trained["baselines"]["majority"]["accuracy"]
    assert [name for name, value in trained["metrics"].items() if not math.isfinite(value)] == []


def test_a_class_that_occurs_only_in_the_test_counts_as_wrong(trained: dict[str, Any]) -> None:
    right = round(trained["accuracy"] * trained["n_test"])
    assert right <= trained["n_test"] - 2
    assert trained["metrics"]["log_loss"] > 0


def test_a_class_of_one_prompt_is_a_label_and_an_intent_without_prompts_is_none(
    trained: dict[str, Any], migrated: Bench
) -> None:
    from workbench.tracking.models import MODEL_FILE, TRUSTED_TYPES

    ((intents,),) = migrated.rows("SELECT count(*) FROM intent_taxonomy WHERE is_active")
    known = ["caf_cr_me", "lonely.single", "oos", "order", "order.cancel", "weather"]
    for file in migrated.home.rglob(MODEL_FILE):
        assert list(io.load(file, trusted=TRUSTED_TYPES)[-1].classes_) == known
    assert intents > 60 > len(known)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ordinary("order", "something about an order", 40), "Import prompts of other intents into it"),
        ([row(f"{word} {n}", word) for word in ("tea", "rain") for n in range(2)], "4 labelled training prompts; 20"),
    ],
    ids=["one_intent", "two_rows_each"],
)
def test_too_little_is_refused_before_a_run_begins(
    migrated: Bench, tmp_path: Path, rows: list[dict[str, object]], said: str, request: pytest.FixtureRequest
) -> None:
    version = request.node.callspec.id
    load(migrated, tmp_path, version, rows)
    done = migrated.run("train", "intent", "--dataset-version", version, expect=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
