"""The one region of a study: written once in the plan, named wherever ``{region}`` stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from zhiheng.catalog.regions import labels_of
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import LANGS, Text

MARK = "{region}"
_LINE = re.compile(r'^(region\s*=\s*)"[^"]*"', flags=re.M)


def about(source: str, region: str, where: str) -> str:
    """The text of a plan with another region.

    Raises
    ------
    ZhihengError
        P710 the plan is not about one region, so that there is nothing to change.
    """
    if not _LINE.search(source):
        raise ZhihengError(
            "P710",
            Text("这项研究不是关于一个地区的。", "This study is not about one region."),
            evidence=[{"file": where, "region": region}],
            fix=Text(
                '去掉 --region；或在计划的 [data] 里写 region = "代码"。',
                'Leave out --region; or write region = "CODE" under [data] of the plan.',
            ),
        )
    return _LINE.sub(lambda m: f'{m[1]}"{region}"', source, count=1)


def named(document: Mapping[str, Any]) -> dict[str, Any]:
    """The plan with ``{region}`` filled in: the name in words, the code elsewhere."""
    data = document.get("data")
    code = data.get("region") if isinstance(data, Mapping) else None
    if not isinstance(code, str):
        return dict(document)
    name = labels_of([code])[1].get(code, Text.same(code))
    return {key: _filled(value, code, name) for key, value in document.items()}


def _filled(value: Any, code: str, name: Text) -> Any:
    if isinstance(value, str):
        return value.replace(MARK, code)
    if isinstance(value, list):
        return [_filled(v, code, name) for v in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    inner = cast("Mapping[str, Any]", value)
    if set(inner) == set(LANGS):
        return {lang: str(inner[lang]).replace(MARK, name[lang]) for lang in LANGS}
    return {k: _filled(v, code, name) for k, v in inner.items()}
