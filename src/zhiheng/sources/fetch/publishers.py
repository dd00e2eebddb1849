"""What is asked of each publisher: addresses, files, and the check that the answer is right."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhiheng.catalog.sources import source as source_info
from zhiheng.core.errors import ZhihengError, unknown_name
from zhiheng.core.text import Text
from zhiheng.sources import ecb, nbs_api, owid, worldbank
from zhiheng.sources.fetch.polite import Client, Fetched

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")
_YEARS = re.compile(r"\d{4}(:\d{4})?")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a user asks for.

    Attributes
    ----------
    codes : sequence of str
        Indicators of the World Bank, charts of OWID, indicators of the NBS; none for
        the ECB, whose whole history is one file.
    years : str
        ``2000:2022``, or empty for all; of the World Bank and the NBS.
    regions : str
        Of the World Bank ``all`` or ``CHN;VNM``.
    database : str
        Of the NBS: ``fsnd`` provinces by year, ``hgnd`` nation by year, ``hgjd`` by
        quarter, ``hgyd`` by month.
    base : str
        Another host in place of the publisher's own, such as a mirror.
    """

    codes: Sequence[str] = ()
    years: str = ""
    regions: str = "all"
    database: str = "fsnd"
    base: str = ""


@dataclass(frozen=True, slots=True)
class Publisher:
    """One publisher: its catalogued source, its host and how it is asked."""

    source: str
    base: str
    pause: float
    fetch: Callable[[Client, Ask, Publisher], list[Fetched]]

    def get(
        self, client: Client, ask: Ask, path: str, name: str, accept: Callable[[bytes], bool]
    ) -> Fetched:
        """One file of this publisher."""
        licence = source_info(self.source).licence
        url = (ask.base or self.base).rstrip("/") + path
        return client.get(url, name, source=self.source, licence=licence, accept=accept)


def fetch(name: str, client: Client, ask: Ask) -> list[Fetched]:
    """Bring the files of a question up to date.

    Use it to keep a folder of raw files; parsing is a separate step. Not for polling:
    a publisher's rate limit is respected, not tested.

    Parameters
    ----------
    name : {"worldbank", "ecb", "owid", "nbs"}
    client : Client
    ask : Ask

    Raises
    ------
    ZhihengError
        S573 unknown publisher or a code that is none, S570–S572 from the download.
    """
    if name not in PUBLISHERS:
        raise unknown_name("S573", name, PUBLISHERS, kind=Text("发布者", "publisher"))
    publisher = PUBLISHERS[name]
    _check(name, ask)
    client.pause = max(client.pause, publisher.pause) if not ask.base else client.pause
    return publisher.fetch(client, ask, publisher)


def _check(name: str, ask: Ask) -> None:
    bad = [c for c in ask.codes if not _CODE.fullmatch(c)]
    needs = name != "ecb"
    if ask.years and not _YEARS.fullmatch(ask.years):
        bad.append(ask.years)
    if bad or needs != bool(ask.codes) or not re.fullmatch(r"[A-Za-z;]+", ask.regions):
        raise ZhihengError(
            "S573",
            Text("参数不对：代码、年份或地区。", "Codes, years or regions are not of their form."),
            evidence=[{"publisher": name, "found": ", ".join(bad) or ", ".join(ask.codes) or "-"}],
            fix=Text(
                "例：zhiheng fetch worldbank SP.POP.TOTL --years 2000:2022 --to raw；"
                "ecb 不带代码。",
                "As in: zhiheng fetch worldbank SP.POP.TOTL --years 2000:2022 --to raw; "
                "ecb takes no code.",
            ),
        )


def _worldbank(client: Client, ask: Ask, publisher: Publisher) -> list[Fetched]:
    found: list[Fetched] = []
    for code in ask.codes:
        page, pages = 1, 1
        while page <= pages:
            query = {"format": "json", "per_page": "20000", "page": str(page)}
            query |= {"date": ask.years} if ask.years else {}
            path = f"/v2/country/{ask.regions}/indicator/{code}?{_query(query)}"
            got = publisher.get(client, ask, path, f"wdi-{code}-p{page}.json", _is_page)
            pages = _pages(got.read())
            found.append(got)
            page += 1
    return found


def _is_page(raw: bytes) -> bool:
    try:
        return _pages(raw) >= 0
    except ZhihengError:
        return False


def _pages(raw: bytes) -> int:
    meta, _ = worldbank.page(raw, "answer")
    return int(meta["pages"])


def _ecb(client: Client, ask: Ask, publisher: Publisher) -> list[Fetched]:
    name = "eurofxref-hist.zip"

    def is_history(raw: bytes) -> bool:
        try:
            return len(ecb.parse(raw, name)) > 0
        except ZhihengError:
            return False

    return [publisher.get(client, ask, f"/stats/eurofxref/{name}", name, is_history)]


def _owid(client: Client, ask: Ask, publisher: Publisher) -> list[Fetched]:
    options = _query({"v": "1", "csvType": "full", "useColumnShortNames": "true"})
    found: list[Fetched] = []
    for chart in ask.codes:
        for suffix, accept in ((".csv", _is_chart), (".metadata.json", _is_metadata)):
            path = f"/grapher/{chart}{suffix}?{options}"
            found.append(publisher.get(client, ask, path, f"owid-{chart}{suffix}", accept))
    return found


def _is_chart(raw: bytes) -> bool:
    return owid.sniff(raw, "")


def _is_metadata(raw: bytes) -> bool:
    try:
        document: Any = json.loads(raw)
    except ValueError:
        return False
    return isinstance(document, dict) and "columns" in document


def _nbs(client: Client, ask: Ask, publisher: Publisher) -> list[Fetched]:
    def axis(code: str, value: str) -> str:
        return json.dumps([{"wdcode": code, "valuecode": value}], separators=(",", ":"))

    provincial = ask.database.startswith("fs")
    found: list[Fetched] = []
    for code in ask.codes:
        years = ask.years.replace(":", "-") or "LAST20"
        query = {
            "m": "QueryData",
            "dbcode": ask.database,
            "rowcode": "reg" if provincial else "zb",
            "colcode": "sj",
            "wds": axis("zb", code) if provincial else "[]",
            "dfwds": axis("sj", years)
            if provincial
            else f"[{axis('zb', code)[1:-1]},{axis('sj', years)[1:-1]}]",
        }
        name = f"nbs-{ask.database}-{code}.json"
        path = f"/easyquery.htm?{_query(query)}"
        found.append(publisher.get(client, ask, path, name, _is_answer))
    return found


def _is_answer(raw: bytes) -> bool:
    try:
        document: Any = json.loads(raw)
    except ValueError:
        return False
    return nbs_api.sniff(raw, "") and document.get("returncode") == 200


def _query(words: Mapping[str, str]) -> str:
    return urllib.parse.urlencode(words)


PUBLISHERS: Mapping[str, Publisher] = {
    "worldbank": Publisher("wdi", "https://api.worldbank.org", 1.0, _worldbank),
    "ecb": Publisher("ecb_rates", "https://www.ecb.europa.eu", 1.0, _ecb),
    "owid": Publisher("owid", "https://ourworldindata.org", 1.0, _owid),
    "nbs": Publisher("nbs_portal", "https://data.stats.gov.cn", 3.0, _nbs),
}
"""The publishers by the word of the command line."""
