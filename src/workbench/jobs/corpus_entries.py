"""The entries of a corpus folder and what each field may hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]
Path_ = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=100)]
Level = Annotated[int, Field(ge=1, le=5)]
Share = Annotated[float, Field(ge=0, le=1)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Intent(Entry):
    code: Path_
    name: Annotated[Text, Field(max_length=255)]
    complexity: Level
    needs: list[Literal["creativity", "analysis", "structure"]] = []
    keywords: list[Text]
    description: Text


class Source(Entry):
    claim: Text
    title: Text
    authors_short: Text
    year: Annotated[int, Field(ge=1900, le=2100)]
    id: Text


class Technique(Entry):
    code: Code
    name: Annotated[Text, Field(max_length=255)]
    category: Annotated[Text, Field(max_length=100)]
    subcategory: Annotated[Text, Field(max_length=100)]
    description: Text
    detailed_explanation: Text
    complexity_level: Level
    base_effectiveness: Share
    effectiveness_variance: Share
    when_to_use: Annotated[list[Text], Field(min_length=1)]
    when_not_to_use: Annotated[list[Text], Field(min_length=1)]
    prerequisites: list[Text]
    version: Annotated[int, Field(ge=1)]
    is_active: bool
    is_experimental: bool
    requires_examples: bool
    min_context_length: Annotated[int, Field(ge=0)]
    max_context_length: Annotated[int, Field(ge=0)]
    sources: Annotated[list[Source], Field(min_length=1)]


class Variable(Entry):
    type: Literal["text", "string", "integer"]
    description: Text
    default: str | int | None


class Pattern(Entry):
    technique: Code
    pattern_name: Annotated[Text, Field(max_length=255)]
    template: Text
    template_vars: dict[str, Variable]
    intent_types: Annotated[list[Path_], Field(min_length=1)]
    optimal_for: dict[str, list[Text]]
    version: Annotated[int, Field(ge=1)]
    is_active: bool


class Prompt(Entry):
    text: Text
    primary: Path_
    secondary: list[Path_]
    complexity: Level
    techniques: list[Code]
    split: Literal["train", "test"]
