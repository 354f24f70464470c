"""Promise: the intent classifier's budgets stand beside what people use instead, on rows that none of them saw.

Runs quick, standard and thorough beside a majority vote, frozen embeddings + logistic regression, TF-IDF + a linear
SVM, hiclass, AutoIntent and (on ten rows a class) SetFit, each in a process of its own and rivals in an environment of
their own, on stratified held-out fifths of public sets, one a seed. Prints accuracy, macro F1, hierarchical F1, ECE,
AUROC of out-of-scope rows (with what is left of the in-scope accuracy), coverage of conformal sets, decisions, seconds
and memory, each with its interval over splits, and every difference to frozen + logistic regression as a paired one.

    python benchmarks/intent.py --quick                 # every part once on a few rows: about two minutes
    python benchmarks/intent.py --no-rivals             # without hiclass, AutoIntent and SetFit
    python benchmarks/intent.py                         # everything: hours, see benchmarks/README.md
    python benchmarks/intent.py --data FILE --text-column text --label-column label

A run that was stopped goes on where it was; results of other code or other rows are measured again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import platformdirs
from intent_parts.blocks import BLOCKS, USUAL
from intent_parts.jobs import RIVALS
from intent_parts.ours import NAMES as BUDGETS
from intent_parts.plan import Plan, measure, report
from intent_parts.sets import NAMES, SHARED, LabelledSet

RESULTS = Path(__file__).with_name("results")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=_words(NAMES), help=f"of {', '.join(NAMES)}; all unless --data is given")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with their files")
    parser.add_argument("--data", type=Path, help="a CSV of your own")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--label-column", default="label")
    parser.add_argument("--parent-column", help="the level above the label; dots in a label separate levels too")
    parser.add_argument("--seeds", type=int, default=5, help="splits of a large set; a small one has 20 for each")
    parser.add_argument("--budgets", type=_words(BUDGETS), default=list(BUDGETS))
    parser.add_argument(
        "--blocks", type=_words(BLOCKS), default=list(USUAL), help=f"of {', '.join(BLOCKS)}; default {', '.join(USUAL)}"
    )
    parser.add_argument("--rivals", type=_words(RIVALS), help="those with environments of their own")
    parser.add_argument("--no-rivals", dest="rivals", action="store_const", const=[])
    parser.add_argument(
        "--quick", action="store_true", help="a few rows and two seeds; without rivals unless asked for"
    )
    parser.add_argument("--cache", type=Path, default=Path(platformdirs.user_cache_dir("workbench")) / "benchmarks")
    parser.add_argument("--out", type=Path, help="JSON; beside it a .jsonl of results as they come")
    return parser


def main() -> None:
    given = arguments().parse_args()
    sets = [NAMES[name] for name in given.sets or ([] if given.data else NAMES)]
    if given.data:
        columns = given.text_column, given.label_column, given.parent_column
        sets.append(LabelledSet(given.data.stem, given.data.resolve(), *columns, ranked=True))
    missing = [one.name for one in sets if not (given.shared / one.path).is_file()]
    for name in missing:
        print(f"{name}: no file {NAMES[name].path if name in NAMES else given.data} in {given.shared}", file=sys.stderr)
    sets = [one for one in sets if one.name not in missing]
    if not sets:
        print("Nothing to measure on. Name a folder with --shared, or a file of your own with --data.", file=sys.stderr)
        return
    rivals = given.rivals if given.rivals is not None else ([] if given.quick else list(RIVALS))
    out = given.out or RESULTS / ("intent_quick.json" if given.quick else "intent.json")
    seeds = 2 if given.quick else given.seeds
    plan = Plan(sets, given.shared, seeds, given.budgets, given.blocks, rivals, given.quick, given.cache, out)
    measure(plan)
    report(plan)


def _words(known: object) -> object:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return names

    return read


if __name__ == "__main__":
    main()
