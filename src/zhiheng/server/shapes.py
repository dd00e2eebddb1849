"""The forms of requests and answers; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from zhiheng.core.text import Text
from zhiheng.store.directory import OrganisationKind
from zhiheng.store.rights import Level, Role

Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
"""An id or a name without control characters."""
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""A name that is made new: lower-case letters, digits and underscores."""
_LETTER = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f]"
Words = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=rf"^{_LETTER}*[^\s\x00-\x1f\x7f-\x9f]{_LETTER}*$",
    ),
]
"""Text that is not blank; lines may break in it, other control characters may not stand in it."""
Period = Annotated[StrictInt, Field(ge=-1_000_000, le=10_000_000)]
Names = Annotated[tuple[Name, ...], Field(max_length=2000)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class Form(BaseModel):
    """A body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class BothForm(Form):
    """One text in Chinese and English."""

    zh: Words
    en: Words

    def text(self) -> Text:
        """The text."""
        return Text(self.zh, self.en)


class Both(Answer):
    """One text in Chinese and English."""

    zh: str
    en: str


class Problem(Answer):
    """What went wrong (RFC 9457), in the language asked for and in both."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str = Field(description="A letter and three digits; see the reference of errors")
    fix: str
    texts: dict[str, dict[str, str]]
    evidence: list[dict[str, Any]]


class SignIn(Form):
    """A name and a password."""

    user: Name
    password: Annotated[str, Field(min_length=1, max_length=256)]


class Token(Answer):
    """A token of a session."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int


class Me(Answer):
    """Who asks."""

    user: str
    organisation: str
    role: Role
    key: str


class NewOrganisation(Form):
    """An organisation to enter."""

    id: Id
    name: BothForm
    kind: OrganisationKind


class OrganisationAnswer(Answer):
    """An organisation."""

    id: str
    name: Both
    kind: OrganisationKind


class NewUser(Form):
    """An account to open."""

    name: Id
    organisation: Id
    role: Role
    password: Annotated[str, Field(min_length=1, max_length=256)]


class UserAnswer(Answer):
    """An account."""

    name: str
    organisation: str
    role: Role
    active: bool


class Activity(Form):
    """Whether an account is open."""

    active: StrictBool


class NewPassword(Form):
    """A new password; for one's own account with the old one."""

    new: Annotated[str, Field(min_length=1, max_length=256)]
    old: Annotated[str, Field(max_length=256)] = ""


class NewKey(Form):
    """An API key to make."""

    role: Role = "reader"
    days: Annotated[StrictInt, Field(ge=1, le=730)] = 90


class KeyAnswer(Answer):
    """An API key without its secret."""

    id: str
    user: str
    role: Role
    created: str
    expires: str
    revoked: bool


class MadeKey(KeyAnswer):
    """A new API key; the secret is shown this once."""

    secret: str


class NewDataset(Form):
    """A dataset to enter."""

    id: Id
    title: BothForm
    licence: Annotated[str, Field(min_length=1, max_length=200)]
    micro: StrictBool = False
    description: BothForm | None = None


class DatasetAnswer(Answer):
    """A dataset."""

    id: str
    title: Both
    organisation: str
    licence: str
    micro: bool
    description: Both


class NewGrant(Form):
    """A part of a dataset to open."""

    organisation: Annotated[str, Field(pattern=r"^(\*|[a-z][a-z0-9_]{0,39})$")]
    series: Names = ()
    entities: Names = ()
    first: Period | None = None
    last: Period | None = None
    level: Level = "cell"
    reason: Words
    until: Day = ""


class GrantAnswer(Answer):
    """A part of a dataset that is open to somebody."""

    id: str
    dataset: str
    organisation: str
    series: list[str]
    entities: list[str]
    first: int | None
    last: int | None
    level: Level
    reason: str
    by: str
    at: str
    until: str


class Groups(Form):
    """To which group each entity belongs."""

    groups: Annotated[dict[Name, Name], Field(min_length=1, max_length=100_000)]


class VersionAnswer(Answer):
    """A version of a dataset."""

    id: str
    number: int
    created: str
    rows: int | None
    note: str | None


class TableAnswer(Answer):
    """Rows of a table; `next` is the cursor of the page after, or nothing."""

    columns: list[str]
    rows: list[list[Any]]
    next: str | None = None


class SeriesAnswer(Answer):
    """A series of a panel."""

    name: str
    unit: str
    title: Both


class EntityAnswer(Answer):
    """An entity of a panel."""

    id: str
    name: Both


class PanelAnswer(Answer):
    """A panel: values by entity, period and series; a gap is null."""

    entities: list[EntityAnswer]
    periods: list[int]
    series: list[SeriesAnswer]
    values: list[list[list[float | None]]]
    status: list[list[list[int]]]
    frequency: str
    level: str
    fingerprint: str
    steps: list[str]


class FindingForm(Form):
    """A judgement on one value."""

    entity: Name
    period: Period
    series: Name
    source: Annotated[str, Field(max_length=200)] = ""
    vintage: Annotated[str, Field(max_length=200)] = ""
    status: Literal["absent", "observed", "revised", "estimated", "interpolated", "imputed"]
    reason: BothForm


class Findings(Form):
    """Judgements to lay beside the newest version."""

    findings: Annotated[tuple[FindingForm, ...], Field(min_length=1, max_length=10_000)]
    note: Words


class JobAnswer(Answer):
    """A job: what it is, and how far."""

    id: str
    kind: str
    dataset: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    share: float
    created: str
    started: str
    ended: str
    has_result: bool
    error: Problem | None = None


class ImportAnswer(Answer):
    """What an import stored."""

    version: str
    number: int
    rows: int
    entities: int
    periods: int
    series: int
    notes: list[Both]


class AuditLine(Answer):
    """A line of the audit log."""

    model_config = ConfigDict(extra="allow")


class Ready(Answer):
    """Whether the server can answer."""

    ready: bool
    checks: dict[str, bool]


class Live(Answer):
    """That the server is there."""

    live: bool
