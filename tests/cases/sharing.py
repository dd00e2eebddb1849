"""A dataset that organisations share: what the tests of the platform stand on."""

from __future__ import annotations

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.tables import parse
from zhiheng.store.rights import Principal

REGIONS = ("110000", "120000", "130000", "310000")
YEARS = range(2015, 2021)


def rows(series=("staff", "noise"), shift=0.0):
    lines = ["region,year,series,value,unit"]
    for s, name in enumerate(series):
        for i, region in enumerate(REGIONS):
            lines += [f"{region},{y},{name},{s * 1000 + i * 100 + y - 2000 + shift},1"
                      for y in YEARS]  # fmt: skip
    return parse("\n".join(lines).encode(), "shared.csv", units=dict.fromkeys(series, "1"))


def admin_of(platform, organisation, kind="province"):
    root = Principal("root", "platform", "admin")
    platform.add_organisation(root, organisation, Text(f"机构{organisation}", organisation), kind)
    for role in ("reader", "analyst", "steward", "admin"):
        platform.add_user(root, f"{organisation}_{role}", organisation, role, "hash")
    return {r: platform.principal(f"{organisation}_{r}") for r in
            ("reader", "analyst", "steward", "admin")}  # fmt: skip


def code(call, *args, **more):
    with pytest.raises(ZhihengError) as caught:
        call(*args, **more)
    return caught.value.code
