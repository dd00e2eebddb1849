"""A platform to look at: two organisations, the embedded data of provinces, one grant."""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np

from zhiheng.catalog.embedded import dataset
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.server.passwords import Passwords
from zhiheng.sources.observations import Observations
from zhiheng.store.platform import Platform
from zhiheng.store.rights import Principal

DATASET = "provinces"
KEEPER, GUEST = ("keeper", "statistics"), ("guest", "bank")


def fill(platform: Platform, root: Principal, passwords: Passwords) -> dict[str, str]:
    """Fill an empty platform; the passwords of the accounts by name."""
    platform.add_organisation(root, KEEPER[1], Text("统计局", "Statistics"), "department")
    platform.add_organisation(root, GUEST[1], Text("银行", "Bank"), "bank")
    made = {name: secrets.token_urlsafe(12) for name in (KEEPER[0], GUEST[0])}
    for (name, organisation), role in ((KEEPER, "steward"), (GUEST, "analyst")):
        platform.add_user(root, name, organisation, role, passwords.hash(made[name]))
    keeper = platform.principal(KEEPER[0])
    title = Text("随包的省级数据", "Embedded data of provinces")
    platform.add_dataset(keeper, DATASET, title, "see zhiheng data show provinces")
    found = dataset("provinces")
    platform.import_(keeper, DATASET, observations_of(found), note="demo")
    platform.grant(keeper, DATASET, GUEST[1], series=found.series[:4], reason="demo")
    return made


def observations_of(panel: Panel) -> Observations:
    """The cells of a panel as observations, with their sources where they are known."""
    e, p, s = np.nonzero(~np.isnan(panel.values))
    rows = panel.origin[e, p, s]
    origins = [panel.origins[i] if i >= 0 else None for i in rows.tolist()]

    def words(name: str) -> Any:
        return np.array([getattr(o, name) if o else "" for o in origins], dtype=object)

    series = np.array(panel.series, dtype=object)[s]
    return Observations(
        entity=np.array(panel.entities, dtype=object)[e],
        period=np.array(panel.periods, dtype=np.int64)[p],
        series=series,
        value=panel.values[e, p, s],
        unit=np.array([panel.units[name] for name in series], dtype=object),
        status=panel.status[e, p, s],
        source=words("source"),
        vintage=words("vintage"),
        file=words("file"),
        cell=words("cell"),
        level=panel.level,
        labels=panel.labels,
        frequency=panel.frequency,
    )
