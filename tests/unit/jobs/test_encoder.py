"""The sentence encoder is checked before it is loaded, and asks nobody for anything."""

from __future__ import annotations

import hashlib
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.errors import EncoderTampered, EncoderUnavailable
from workbench.jobs import encoder
from workbench.jobs.encoder import BUNDLED_SHA256, SentenceEncoder, find_encoder
from workbench.records import DIMENSIONS
from workbench.settings import Settings


def folder_with(path: Path, weights: bytes) -> Path:
    path.mkdir(exist_ok=True)
    (path / "model.safetensors").write_bytes(weights)
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the encoder opened a connection")

    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_the_bundled_encoder_is_known_by_the_digest_of_its_weights() -> None:
    found = find_encoder(Settings(threads=1))
    assert found.space == f"all-MiniLM-L6-v2@{BUNDLED_SHA256[:16]}"
    assert (found.threads, found._model) == (1, None)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_folder", lambda _: folder_with(tmp_path, b"other"))
    with pytest.raises(EncoderTampered, match=hashlib.sha256(b"other").hexdigest()) as caught:
        find_encoder(Settings())
    assert BUNDLED_SHA256 in str(caught.value)


def test_an_encoder_of_ones_own_is_known_by_its_folder_and_digest(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "mine", b"weights")
    assert find_encoder(Settings(encoder=str(folder))).space == f"mine@{hashlib.sha256(b'weights').hexdigest()[:16]}"


def test_a_missing_folder_is_named_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderUnavailable, match="nowhere") as caught:
        find_encoder(Settings(encoder="nowhere"))
    assert f"{tmp_path / 'nowhere' / 'model.safetensors'}: No such file or directory." in str(caught.value)


def test_a_folder_without_weights_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file"):
        with pytest.raises(EncoderUnavailable, match=r"model\.safetensors: No"):
            find_encoder(Settings(encoder=str(place)))


def test_weights_that_may_not_be_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(encoder, "_sha256", refuse)
    with pytest.raises(EncoderUnavailable, match=r"Permission denied\."):
        find_encoder(Settings(encoder=str(tmp_path)))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "PACKAGE", "no_such_package")
    with pytest.raises(EncoderUnavailable, match="no_such_package is not installed"):
        find_encoder(Settings())


@pytest.mark.usefixtures("offline")
def test_texts_are_encoded_without_a_network() -> None:
    vectors = find_encoder(Settings(threads=1)).encode(["Write a poem.", "Write a poem.", "写一首诗", ""])
    assert (vectors.shape, vectors.dtype) == ((4, DIMENSIONS), np.float32)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], vectors[1], atol=1e-6)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(("broken", "content"), [("model.safetensors", b"x" * 99), ("modules.json", b"[{}]")])
def test_a_broken_folder_is_refused_when_it_is_loaded(tmp_path: Path, broken: str, content: bytes) -> None:
    folder = shutil.copytree(encoder._folder(encoder.BUNDLED), tmp_path / "mine")
    (folder / broken).write_bytes(content)
    with pytest.raises(EncoderUnavailable, match=r"mine' cannot be loaded: .+\. Install") as caught:
        SentenceEncoder("mine@0", folder).encode(["hi"])
    assert caught.value.__cause__ is not None


@pytest.mark.usefixtures("offline")
def test_a_model_of_other_dimensions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sentence_transformers

    class Wide:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def get_embedding_dimension(self) -> int:
            return 768

    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", Wide)
    with pytest.raises(EncoderUnavailable, match="makes 768 dimensions, not 384"):
        SentenceEncoder("wide@0", tmp_path).encode(["hi"])
