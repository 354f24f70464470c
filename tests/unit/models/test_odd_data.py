"""Data as it should not be: each case either works or is refused with a message that says why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from workbench.evaluation.judge import judge_intent
from workbench.models.build import labels_of
from workbench.models.heads import HEADS, HeadName
from workbench.models.intent import OUT_OF_SCOPE, HierarchicalIntentClassifier
from workbench.models.intent_pipeline import intent_pipeline
from workbench.models.kernel import KernelRidgeClassifier
from workbench.records import BUDGETS, DIMENSIONS, Budget, Examples, Fitted, Split, Vector

pytestmark = pytest.mark.filterwarnings("ignore:The number of unique classes")

ODD_TEXTS = {
    "nothing": "",
    "white space": " \t\n\u00a0\u2003 ",
    "50,000 characters": ("cancel the order I made yesterday. " * 1500)[:50_000],
    "50,000 characters without a space": "x" * 50_000,
    "Chinese": "你能帮我取消昨天的订单吗？",
    "Arabic": "كيف يمكنني إلغاء طلبي الأخير؟",
    "Hindi": "मैं अपना ऑर्डर कैसे रद्द करूँ?",
    "emoji": "🛒❌🙏👩‍👩‍👧",
    "mixed": "cancel 我的订单 الآن 🙏, bitte – ок?",
    "signs": "¿?!… <<>> ###",
    "control characters": "a\x07b\u200bc\ufeff",
}


def prompts(texts: Sequence[str], seed: int = 0) -> pd.DataFrame:
    vectors = np.random.default_rng(seed).normal(size=(len(texts), DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    layers = [np.concatenate([vector, vector[::-1]]) / np.float32(2**0.5) for vector in vectors]
    return pd.DataFrame({"prompt_text": list(texts), "embedding": list(vectors), "layers": layers})


def labelled(counts: dict[str, int], seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    y = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    return prompts([f"about {label.replace('.', ' ')} {n}" for n, label in enumerate(y)], seed), y


def cloud(counts: dict[str, int], noise: float = 0.05, seed: int = 0) -> tuple[Vector, np.ndarray]:
    random = np.random.default_rng(seed)
    of_row = np.repeat(np.arange(len(counts)), list(counts.values()))
    points = np.random.default_rng(1).normal(size=(len(counts), 8))
    return points[of_row] + random.normal(0, noise, (len(of_row), 8)), np.array(list(counts), dtype=object)[of_row]


def assert_every_answer_is_sound(model: HierarchicalIntentClassifier, X: object) -> None:
    chances = model.predict_proba(X)
    assert np.isfinite(chances).all()
    assert np.abs(chances.sum(axis=1) - 1).max() <= 1e-9
    assert np.isfinite(model.out_of_scope_score(X)).all()
    sets = model.predict_set(X), model.predict_set(X, shape="labels"), model.decide(X)
    assert {len(found) for found in sets} == {len(chances)}


def answers(model: Pipeline, X: pd.DataFrame) -> None:
    assert_every_answer_is_sound(model[-1], model[:-1].transform(X))


@pytest.fixture(scope="module", params=BUDGETS)
def usual(request: pytest.FixtureRequest) -> Pipeline:
    """Fitted on ordinary prompts."""
    return intent_pipeline(budget=request.param).fit(*labelled({"order": 20, "order.cancel": 20, "weather": 20}))


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS.keys())
def test_an_odd_prompt_gets_a_sound_answer(usual: Pipeline, text: str) -> None:
    answers(usual, prompts([text, "about order 3"]))


@pytest.mark.parametrize("budget", BUDGETS)
def test_odd_prompts_can_be_learned_from(budget: Budget) -> None:
    X, y = labelled({"order": 20, "weather": 20})
    odd = prompts(list(ODD_TEXTS.values()), seed=2)
    model = intent_pipeline(budget=budget).fit(pd.concat([X, odd]), np.append(y, ["odd.text"] * len(odd)))
    assert (model.predict(odd) == "odd.text").all()
    answers(model, odd)


@pytest.mark.parametrize("text", ["", "🙏", "¿?", "   "])
@pytest.mark.parametrize("budget", BUDGETS)
def test_prompts_without_a_single_word_can_be_learned_from(budget: Budget, text: str) -> None:
    X = prompts([text] * 60)
    y = np.array(["a", "b"] * 30, dtype=object)
    model = intent_pipeline(budget=budget).fit(X, y)
    assert (model.predict(X) == y).all()
    answers(model, prompts(["words that training never saw"]))


@pytest.mark.parametrize("missing", [float("nan"), None])
def test_a_prompt_that_is_no_text_is_refused(usual: Pipeline, missing: object) -> None:
    X = prompts(["about order 3"]).assign(prompt_text=pd.Series([missing], dtype=object))
    if "words" not in usual[0].named_transformers_:
        answers(usual, X)
        return
    with pytest.raises(ValueError, match="every prompt has to be a text"):
        usual.predict(X)


def test_an_embedding_that_is_no_number_is_refused(usual: Pipeline) -> None:
    X = prompts(["about order 3"])
    X["embedding"] = [np.full(DIMENSIONS, np.nan, np.float32)]
    with pytest.raises(ValueError, match="contains NaN"):
        usual.predict(X)


@pytest.mark.parametrize("head", HEADS)
def test_a_label_of_one_row_beside_common_ones_is_learned(head: HeadName) -> None:
    X, y = cloud({"a": 40, "a.x": 40, "rare.deep.one": 1})
    model = HierarchicalIntentClassifier(head, 1.0).fit(X, y)
    assert model.predict(X[-1:]) == ["rare.deep.one"]
    assert_every_answer_is_sound(model, X)


@pytest.mark.parametrize("head", HEADS)
def test_one_row_a_label_is_learned_but_promises_no_coverage_where_none_can_be_held_out(head: HeadName) -> None:
    X, y = cloud({f"a.{n}": 1 for n in range(30)})
    model = HierarchicalIntentClassifier(head, 10.0 if head != "kernel" else 0.1).fit(X, y)
    assert (model.predict(X) == y).all()
    if head != "kernel":
        with pytest.raises(ValueError, match="add examples per label"):
            model.predict_set(X)


@pytest.mark.parametrize("head", HEADS)
def test_two_labels_of_two_rows_each_are_learned(head: HeadName) -> None:
    X, y = cloud({"a": 2, "b": 2})
    model = HierarchicalIntentClassifier(head, 1.0).fit(X, y)
    assert (model.predict(X) == y).all()
    assert np.abs(model.predict_proba(X).sum(axis=1) - 1).max() <= 1e-9


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_single_intent_is_always_answered_and_promises_nothing(budget: Budget) -> None:
    X, y = labelled({"only.one": 25})
    model = intent_pipeline(budget=budget).fit(X, y)
    assert set(model.predict(X)) == {"only.one"}
    assert (model.predict_proba(X) == 1).all()
    for ask in (model[-1].predict_set, model[-1].decide):
        with pytest.raises(ValueError, match="no training row could be held out"):
            ask(model[:-1].transform(X))


def test_a_thousand_labels_are_told_apart() -> None:
    X, y = cloud({f"branch_{n % 60}.intent_{n}": 2 for n in range(1000)}, noise=0.01)
    model = HierarchicalIntentClassifier(strength=0.001).fit(X, y)
    assert len(model.classes_) == 1000
    assert np.mean(model.predict(X) == y) > 0.99
    assert_every_answer_is_sound(model, X[:50])


def test_the_same_prompt_with_two_labels_is_as_likely_either() -> None:
    X, y = labelled({"a": 30, "b": 30})
    same = prompts(["said by two people"], seed=5)
    model = intent_pipeline().fit(pd.concat([X, same, same]), np.append(y, ["a", "b"]))
    first, second = model.predict_proba(same)[0]
    assert first == pytest.approx(second, abs=0.1)


@pytest.mark.parametrize("head", HEADS)
def test_one_prompt_many_times_over_does_not_break_the_solution(head: HeadName) -> None:
    X, y = np.ones((200, 8), np.float32), np.array(["a", "b", "b", "b"] * 50, dtype=object)
    model = HierarchicalIntentClassifier(head, 0.1).fit(X, y)
    assert model.predict_proba(X[:1])[0] == pytest.approx([0.25, 0.75], abs=0.05)


def test_one_prompt_many_times_over_spans_a_solution_too() -> None:
    X, y = np.ones((200, 8), np.float32), np.array(["a", "b", "b", "b"] * 50, dtype=object)
    model = KernelRidgeClassifier(most_exact=10, landmarks=50).fit(X, y)
    assert model.scores(X[:1])[0] == pytest.approx([0.25, 0.75], abs=0.01)


def test_labels_in_other_scripts_are_labels_like_others() -> None:
    X, y = cloud({"订单": 30, "订单.取消": 30, "आदेश": 30, "🛒.❌": 30})
    model = HierarchicalIntentClassifier().fit(X, y)
    assert (model.predict(X) == y).all()
    assert model.tree_.nodes == ("आदेश", "订单", "订单.取消", "🛒", "🛒.❌")
    assert_every_answer_is_sound(model, X)


@pytest.mark.parametrize("outside", [1, 9, 30])
def test_however_few_prompts_have_no_intent_the_score_of_the_far_ones_is_higher(outside: int) -> None:
    X, y = cloud({"a": 60, "b": 60, "oos": outside}, noise=0.3)
    model = HierarchicalIntentClassifier(out_of_scope="oos").fit(X, y)
    score = model.out_of_scope_score(X)
    assert score[y == "oos"].mean() > score[y != "oos"].mean()
    assert_every_answer_is_sound(model, X)


def test_only_prompts_without_an_intent_and_one_intent_can_be_learned() -> None:
    X, y = cloud({"a": 60, "oos": 60}, noise=0.3)
    model = HierarchicalIntentClassifier(out_of_scope="oos").fit(X, y)
    assert np.mean((model.decide(X, 0.9, 0.95) == OUT_OF_SCOPE) == (y == "oos")) > 0.9


@pytest.mark.parametrize("budget", BUDGETS)
def test_a_class_that_occurs_only_in_the_test_is_judged_as_wrong(budget: Budget) -> None:
    X, y = labelled({"order": 20, "order.cancel": 20, "weather": 20})
    fresh, truth = labelled({"order": 5, "unseen": 5, "order.cancel.late": 2}, seed=1)
    split = Split(*(Examples(X, y, tuple(map(str, range(len(y))))) for X, y in ((X, y), (fresh, truth))))
    model = intent_pipeline(budget=budget).fit(X, y)
    report = judge_intent(Fitted(model, labels_of(model), 0.0), split, y[: len(truth)], 0)
    table = report.per_class.set_index("label")
    assert (table.loc["unseen", "recall"], table.loc["unseen", "support"]) == (0, 5)
    assert [name for name, value in report.metrics.items() if not np.isfinite(value)] == []
