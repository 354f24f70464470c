"""Countable properties of a prompt, as they stand in ``ml_training_data.linguistic_features``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from workbench.records import Vector

# name: what it is and in which unit. The keys are the keys of the JSON object, in this order.
FEATURES: dict[str, str] = {
    "characters": "length in characters",
    "words": "length in words (runs of letters, digits and apostrophes)",
    "sentences": "sentences, at least 1 (ends with . ! or ? before a space or the end)",
    "lines": "lines that are not blank",
    "mean_word_length": "characters a word, 0 without words",
    "mean_sentence_length": "words a sentence",
    "lexical_diversity": "distinct words over words (0 to 1), 0 without words",
    "long_word_share": "share of words of seven letters or more (0 to 1)",
    "question_marks": "number of question marks",
    "exclamation_marks": "number of exclamation marks",
    "commas": "number of commas",
    "digits_share": "share of characters that are digits (0 to 1)",
    "upper_share": "share of letters that are upper case (0 to 1)",
    "symbol_share": "share of characters that are neither letters, digits, spaces nor . , ; : ! ? ' \" - (0 to 1)",
    "numbers": "numbers written in digits",
    "list_items": "lines that begin with a dash, a star, a bullet or a number with . or )",
    "code_marks": "marks of program code: fences, braces with semicolons, def/class/import/SELECT lines, => and ==",
    "table_rows": "lines with at least two | or at least two tabs",
    "quotes": "passages in quotation marks",
    "urls": "addresses that begin with http",
    "question_words": "what, why, how, when, where, who, which, whose, whom",
    "imperative_opening": "1 when the first word is a common verb of request (write, explain, make …), else 0",
    "second_person": "you, your, yours",
    "first_person": "I, me, my, mine, we, us, our",
    "constraint_words": "must, only, exactly, at least, at most, no more than, without, avoid, maximum, minimum, limit",
    "politeness_words": "please, thanks, thank you, kindly, could you, would you",
    "sequence_words": "first, then, next, finally, step, after that",
    "format_words": "table, list, json, csv, markdown, bullet, bullets, columns, yaml, xml",
    "conditionals": "if, unless, whether, when, otherwise",
    "negations": "not, no, never, none, without, don't and other words in n't",
    "out_of_ascii_share": "share of characters outside ASCII (0 to 1)",
}

# A failed match must not read on to where the next one begins (line ends, opening marks): that would be quadratic.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LIST_ITEM = re.compile(r"^[^\S\n]*(?:[-*•]|\d+[.)])\s", re.MULTILINE)
_CODE = re.compile(
    r"```|[{};][^\S\n]*$|=>|==|"
    r"^[^\S\n]*(?:def|class|import|from|SELECT|INSERT|UPDATE|CREATE|#include|function|const|let|var)\b",
    re.MULTILINE,
)
_TABLE = re.compile(r"^[^\n]*(?:\|[^\n]*\||\t[^\n]*\t)[^\n]*$", re.MULTILINE)
_QUOTE = re.compile(r"\"[^\"\n]{2,}\"|“[^“”\n]{2,}”|«[^«»\n]{2,}»")
_PUNCTUATION = frozenset(".,;:!?'\"-")
_REQUESTS = frozenset(
    "write explain make create give list show find fix translate summarise summarize rewrite generate draft plan help "
    "tell describe compare suggest design convert turn calculate solve prove build check review improve classify "
    "extract analyse analyze name recommend act pretend please define correct prepare outline compose".split()
)


def _phrases(*words: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(re.escape(word) for word in words) + r")\b")


_COUNTED = {
    "question_words": _phrases("what", "why", "how", "when", "where", "who", "which", "whose", "whom"),
    "second_person": _phrases("you", "your", "yours"),
    "first_person": _phrases("i", "me", "my", "mine", "we", "us", "our"),
    "constraint_words": _phrases(
        *("must", "only", "exactly", "at least", "at most", "no more than"),
        *("without", "avoid", "maximum", "minimum", "limit"),
    ),
    "politeness_words": _phrases("please", "thanks", "thank you", "kindly", "could you", "would you"),
    "sequence_words": _phrases("first", "then", "next", "finally", "step", "after that"),
    "format_words": _phrases("table", "list", "json", "csv", "markdown", "bullet", "bullets", "columns", "yaml", "xml"),
    "conditionals": _phrases("if", "unless", "whether", "when", "otherwise"),
    "negations": re.compile(r"\b(?:not|no|never|none|without|\w+n['’]t)\b"),
}


def linguistic_features(text: str) -> dict[str, float]:
    """All of ``FEATURES`` for one prompt. Every value is finite; an empty text gives zeros and one sentence."""
    lower = text.lower()
    words = _WORD.findall(lower)
    letters = [c for c in text if c.isalpha()]
    length = max(len(text), 1)
    sentences = max(len(_SENTENCE_END.findall(text)), 1)
    values = {
        "characters": len(text),
        "words": len(words),
        "sentences": sentences,
        "lines": sum(1 for line in text.splitlines() if line.strip()),
        "mean_word_length": sum(map(len, words)) / max(len(words), 1),
        "mean_sentence_length": len(words) / sentences,
        "lexical_diversity": len(set(words)) / max(len(words), 1),
        "long_word_share": sum(len(word) >= 7 for word in words) / max(len(words), 1),
        "question_marks": text.count("?"),
        "exclamation_marks": text.count("!"),
        "commas": text.count(","),
        "digits_share": sum(c.isdigit() for c in text) / length,
        "upper_share": sum(c.isupper() for c in letters) / max(len(letters), 1),
        "symbol_share": sum(not (c.isalnum() or c.isspace() or c in _PUNCTUATION) for c in text) / length,
        "numbers": len(_NUMBER.findall(text)),
        "list_items": len(_LIST_ITEM.findall(text)),
        "code_marks": len(_CODE.findall(text)),
        "table_rows": len(_TABLE.findall(text)),
        "quotes": len(_QUOTE.findall(text)),
        "urls": lower.count("http://") + lower.count("https://"),
        "imperative_opening": float(bool(words) and words[0] in _REQUESTS),
        "out_of_ascii_share": sum(ord(c) > 127 for c in text) / length,
    }
    values.update({name: len(pattern.findall(lower)) for name, pattern in _COUNTED.items()})
    return {name: round(float(values[name]), 6) for name in FEATURES}


def feature_matrix(texts: Sequence[str]) -> Vector:
    """Shape (texts, features): the features in the order of ``FEATURES``, counts as log(1 + count).

    The logarithm keeps one very long prompt from outweighing all others in a linear model.
    """
    rows = [_row(text) for text in texts]
    return np.log1p(np.asarray(rows, dtype=np.float64).reshape(len(texts), len(FEATURES)))


# Learning curves and judges come back to the same prompts many times.
@lru_cache(maxsize=4096)
def _row(text: str) -> tuple[float, ...]:
    return tuple(linguistic_features(text).values())
