"""A fine-tuned encoder is a folder of plain files that is read only as it was written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tuned_data import encoder, labels, texts, tuned

from workbench.errors import TunedEncoderMissing, TunedEncoderTampered
from workbench.jobs.tuned_encoder import digest_of, load_tuned


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(tuned().folder, tmp_path / "encoder"))


def test_what_is_read_says_what_was_written(folder: Path) -> None:
    made = tuned().encoder
    read = load_tuned(folder, made.sha256, folder.parent, threads=1)
    assert (read.log_probabilities(texts(True)) == np.stack(tuned().others[0]["tuned"])).all()
    assert read.labels == tuple(sorted(set(labels())))
    assert (read.space, read.base) == (made.space, encoder().space)
    assert read.space == f"intent_encoder@{made.sha256[:16]}"


def test_it_is_another_encoder_than_the_one_it_came_from() -> None:
    assert np.abs(tuned().encoder.encoder.encode(texts(True)) - encoder().encode(texts(True))).max() > 1e-3


def test_there_is_nothing_in_it_that_could_run(folder: Path) -> None:
    kinds = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert kinds <= {".json", ".safetensors", ".txt"}
    assert {path.name for path in folder.rglob("*.safetensors")} == {"model.safetensors", "classes.safetensors"}


def test_another_byte_in_any_file_is_refused(folder: Path) -> None:
    sha256 = tuned().encoder.sha256
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with pytest.raises(TunedEncoderTampered, match=sha256):
            load_tuned(folder, sha256, folder.parent)
        path.write_bytes(content)
    load_tuned(folder, sha256, folder.parent)


def test_a_file_more_or_less_or_of_another_name_is_refused(folder: Path) -> None:
    (folder / "more.json").write_text("{}")
    with pytest.raises(TunedEncoderTampered):
        load_tuned(folder, tuned().encoder.sha256, folder.parent)
    (folder / "more.json").unlink()
    load_tuned(folder, tuned().encoder.sha256, folder.parent)
    (folder / "config.json").rename(folder / "configuration.json")
    with pytest.raises(TunedEncoderTampered):
        load_tuned(folder, tuned().encoder.sha256, folder.parent)


def test_links_and_other_kinds_of_files_have_no_digest(folder: Path, tmp_path: Path) -> None:
    (folder / "model.bin").write_bytes(b"anything")
    with pytest.raises(TunedEncoderTampered, match=r"model\.bin"):
        digest_of(folder)
    (folder / "model.bin").unlink()
    (tmp_path / "outside.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(TunedEncoderTampered, match=r"link\.json"):
        digest_of(folder)


def test_a_folder_elsewhere_or_of_something_else_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    with pytest.raises(TunedEncoderMissing, match="artifacts"):
        load_tuned(folder, tuned().encoder.sha256, tmp_path / "artifacts")
    with pytest.raises(TunedEncoderMissing, match=r"labels\.json"):
        load_tuned(tmp_path / "artifacts", tuned().encoder.sha256, tmp_path)
