"""Small files of each publisher's shape, written by us: our figures in their form."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
import pytest
from openpyxl import Workbook
from sdmx_shapes import SDMX_CSV, SDMX_GENERIC, SDMX_JSON, SDMX_SPECIFIC

from zhiheng.core.errors import ZhihengError
from zhiheng.sources import (
    baci,
    ceads,
    comtrade,
    customs,
    ecb,
    iamc,
    input_output,
    meters,
    multi_regional,
    nbs_api,
    owid,
    sdmx,
    stata,
    worldbank,
)
from zhiheng.sources.observations import Observations

WORLDBANK_CSV = """\ufeff"Data Source","World Development Indicators",

"Last Updated Date","2024-06-28",

"Country Name","Country Code","Indicator Name","Indicator Code","2020","2021","2022",
"China","CHN","GDP (constant 2015 US$)","NY.GDP.MKTP.KD","10.5","11","",
"China","CHN","Population, total","SP.POP.TOTL","1411","1412.5","1412",
"Viet Nam","VNM","GDP (constant 2015 US$)","NY.GDP.MKTP.KD","..","3.25","3.5",
""".encode()

DATABANK_CSV = b"""Series Name,Series Code,Country Name,Country Code,2020 [YR2020],2021 [YR2021]
GDP (current US$),NY.GDP.MKTP.CD,China,CHN,14687.5,..
"Population, total",SP.POP.TOTL,China,CHN,1411,1412.5
,,,,,
Data from database: World Development Indicators,,,,,
Last Updated: 06/28/2024,,,,,
"""


def worldbank_page(page: int = 1, pages: int = 1) -> bytes:
    def row(iso: str, date: str, value: float | None) -> dict[str, Any]:
        return {
            "indicator": {"id": "SP.POP.TOTL", "value": "Population, total"},
            "country": {"id": iso[:2], "value": iso},
            "countryiso3code": iso, "date": date, "value": value, "unit": "",
            "obs_status": "", "decimal": 0,
        }  # fmt: skip

    meta = {"page": page, "pages": pages, "per_page": 2, "total": 2 * pages, "sourceid": "2",
            "lastupdated": "2024-06-28"}  # fmt: skip
    rows = [row("CHN", str(2023 - page), 1412.5), row("VNM", str(2023 - page), None)]
    return json.dumps([meta, rows]).encode()


ECB_CSV = b"""Date,USD,JPY,CYP,CNY,
2022-03-02,1.1106,128.29,N/A,7.0205,
2022-03-01,1.1162,128.22,N/A,7.0424,
"""
ECB_XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
 xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<gesmes:subject>Reference rates</gesmes:subject>
<Cube><Cube time="2022-03-02"><Cube currency="USD" rate="1.1106"/>
<Cube currency="CNY" rate="7.0205"/></Cube>
<Cube time="2022-03-01"><Cube currency="USD" rate="1.1162"/></Cube></Cube>
</gesmes:Envelope>"""


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


OWID_CSV = b"""Entity,Code,Year,annual_co2
China,CHN,2020,10.9
China,CHN,2021,11.3
Viet Nam,VNM,2021,0.32
"""
OWID_META = json.dumps(
    {"columns": {"Annual CO2": {"unit": "t CO2", "shortName": "annual_co2"}}}
).encode()


def nbs_answer(*, national: bool = False, quarterly: bool = False) -> bytes:
    time = "2022B" if quarterly else "2022"

    def node(zb: str, reg: str, value: float, *, has: bool = True) -> dict[str, Any]:
        wds = [{"valuecode": zb, "wdcode": "zb"}, {"valuecode": reg, "wdcode": "reg"},
               {"valuecode": time, "wdcode": "sj"}]  # fmt: skip
        return {
            "code": f"zb.{zb}_reg.{reg}_sj.{time}",
            "data": {"data": value, "dotcount": 1, "hasdata": has, "strdata": str(value)},
            "wds": [w for w in wds if w["wdcode"] != "reg" or not national],
        }

    axes = [
        {"wdcode": "zb", "wdname": "指标", "nodes": [
            {"code": "A020101", "cname": "地区生产总值", "unit": "亿元"},
            {"code": "A030101", "cname": "年末常住人口", "unit": "万人"}]},
        {"wdcode": "reg", "wdname": "地区", "nodes": [
            {"code": "110000", "cname": "北京市"}, {"code": "120000", "cname": "天津市"}]},
        {"wdcode": "sj", "wdname": "时间", "nodes": [{"code": time, "cname": time}]},
    ]  # fmt: skip
    nodes = [node("A020101", "110000", 41610.9)]
    if not national:
        nodes += [node("A020101", "120000", 16311.3), node("A030101", "110000", 2184.0),
                  node("A030101", "120000", 0, has=False)]  # fmt: skip
    data = {"datanodes": nodes, "freshsort": 0, "hasdatacount": 3,
            "wdnodes": [a for a in axes if a["wdcode"] != "reg" or not national]}  # fmt: skip
    return json.dumps({"returncode": 200, "returndata": data}, ensure_ascii=False).encode()


IAMC_CSV = b"""Model,Scenario,Region,Variable,Unit,2020,2030,2050
MESSAGE,NDC,China,Emissions|CO2,Mt CO2,11000,10500.5,
MESSAGE,NDC,Viet Nam,Emissions|CO2,Mt CO2,320,400,380
MESSAGE,1.5C,China,Emissions|CO2,Mt CO2,11000,7000,0
"""


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def ceads_inventory(*, old: bool = False) -> bytes:
    fuels = ["Raw Coal", "Cleaned Coal", "Coke", "Scope 2 Heat", "Process", "Scope 1 Total"]
    header = ["Emission_Inventory" if old else None]
    header += [f.replace(" ", "_") if old else f for f in fuels]
    rows = [
        header,
        ["unit", *["Mt CO2"] * 6],
        [None] * 7,
        ["TotalEmissions" if old else "Total Consumption", 6, 1, 2, 9, 0.5, 9.5],
        ["Food Processing   ", 4, 1, 0, 4, 0, 5],
        ["Urban", 2, 0, 2, 5, 0.5, 4.5],
    ]
    return workbook({"NOTE": [["Unit/单位", "Mt"]], "Beijing2019": rows, "InnerMongolia2019": rows})


CEADS_CITIES = {
    "NOTE": [["Unit/单位", "million tones"]],
    "emission vector": [["ID", "city", "year", "emission"], ["北京2019", "北京", 2019, 88.5],
                        ["安徽安庆2019", "安徽安庆", 2019, 30.4]],
    "emission matrix": [["city", 2019], ["北京", 88.5], ["安徽安庆", 30.4]],
}  # fmt: skip

IO_CSV = """Code,Description,DescriptionInChinese,Origin,01,02,TIU,TFU,GO
01,Agriculture,农业,Domestic,1,2,3,7,10
02,Industry,工业,Domestic,3,4,7,13,20
01,Agriculture,农业,Imports,0.5,1,1.5,0,
02,Industry,工业,Imports,0.5,1,1.5,0,
TII,Total intermediate input,中间投入合计,TOT,5,8,,,
VA001,Compensation of employees,劳动者报酬,TOT,3,10,,,
VA002,Net taxes on production,生产税净额,TOT,2,2,,,
TVA,Total value-added,增加值合计,TOT,5,12,,,
TI,Total inputs,总投入,TOT,10,20,,,
""".encode()
REGIONS_CSV = b"""region,,r1,r1,r2,r2,r1,r2
sector,,food,ore,food,ore,C,C
year,,2015
unit,,10k CNY
r1,food,43,48,29,18,304,86
r1,ore,20,31,6,7,44,25
r2,food,7,4,52,21,30,310
r2,ore,3,9,14,38,12,77
,VA001,455,41,323,69
,co2 [Mt CO2],1.2,3.1,0.95,2.8
"""
REGIONS_SHEET = [line.split(",") for line in REGIONS_CSV.decode().splitlines()]
IO_SHEET = [
    ["2020年全国投入产出表", None, None, None, None, None, None, None],
    ["（按当年生产者价格计算）", None, None, None, None, None, None, "单位：万元"],
    ["投入", "产出", None, "农业", "工业", "中间使用合计", "最终使用合计", "总产出"],
    [None, None, "代码", "01", "02", "TIU", "TFU", "GO"],
    ["中间投入", "农业", "01", 1, 2, 3, 7, 10],
    [None, "工业", "02", 4, 6, 10, 10, 20],
    [None, "中间投入合计", "TII", 5, 8, None, None, None],
    ["增加值", "劳动者报酬", "VA001", 5, 12, None, None, None],
    [None, "增加值合计", "TVA", 5, 12, None, None, None],
    ["总投入", None, "TI", 10, 20, None, None, None],
]

IO_YEARBOOK = [[w for c, w in enumerate(r) if c != 2] for r in IO_SHEET if r[2] != "代码"]

COMTRADE_CSV = b"""typeCode,freqCode,period,reporterCode,reporterISO,reporterDesc,flowCode,\
flowDesc,\
partnerCode,partnerISO,partnerDesc,partner2Code,classificationCode,cmdCode,cmdDesc,customsCode,\
motCode,qtyUnitAbbr,qty,netWgt,primaryValue
C,A,2022,156,CHN,China,X,Export,0,W00,World,0,H6,854143,Cells,C00,0,u,30,9,100.5
C,A,2022,156,CHN,China,X,Export,842,USA,USA,0,H6,854143,Cells,C00,0,u,10,4,60.5
C,A,2022,156,CHN,China,X,Export,392,JPN,Japan,0,H6,854143,Cells,C00,0,u,20,5,40
C,A,2022,156,CHN,China,M,Import,0,W00,World,0,H6,854143,Cells,C00,0,N/A,0,2,20
"""
COMTRADE_OLD = b"""Classification,Year,Period,Period Desc.,Aggregate Level,Is Leaf Code,\
Trade Flow Code,Trade Flow,Reporter Code,Reporter,Reporter ISO,Partner Code,Partner,Partner ISO,\
Commodity Code,Commodity,Qty Unit Code,Qty Unit,Qty,Netweight (kg),Trade Value (US$),Flag
H5,2018,2018,2018,6,1,2,Export,156,China,CHN,842,USA,USA,854140,Cells,5,u,10,4,60,0
H5,2018,2018,2018,6,1,2,Export,156,China,CHN,392,Japan,JPN,854140,Cells,5,u,20,5,40,0
"""
COMTRADE_JSON = json.dumps(
    {
        "count": 1,
        "data": [
            {"period": "202203", "reporterISO": "CHN", "flowCode": "X", "partnerISO": "USA",
             "partnerCode": 842, "partner2Code": 0, "cmdCode": "854143", "customsCode": "C00",
             "motCode": 0, "qtyUnitAbbr": "u", "qty": 3, "netWgt": None, "primaryValue": 12.5}
        ],
    }
).encode()  # fmt: skip

BACI_CSV = b"t,i,j,k,v,q\n2020,156,842,10121,    1.5,  0.25\n2020,842,156,854140,2,        NA\n"
BACI_COUNTRIES = (
    b"country_code,country_name,country_iso2,country_iso3\n156,China,CN,CHN\n842,USA,US,USA\n"
)

CUSTOMS_CSV = """数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,贸易方式编码,贸易方式名称,\
注册地编码,注册地名称,第一数量,第一计量单位,第二数量,第二计量单位,美元
202203,28182000,氧化铝,502,美国,10,一般贸易,11,北京市,"1,200",千克,0,-,"5,000",
202203,28182000,氧化铝,116,日本,10,一般贸易,31,上海市,10,千克,0,-,70,
202203,28182000,氧化铝,116,日本,14,来料加工装配贸易,31,上海市,5,千克,0,-,30,
""".encode("gb18030")

METER_CSV = b"""device,timestamp,value,unit
m1,2022-03-01T08:00:00+08:00,5.5,kWh
m1,2022-03-01T07:00:00+08:00,4,kWh
m1,2022-03-01T07:00:00+08:00,4,kWh
m2,2022-03-01T00:00:00Z,7,kWh
"""
METER_JSON = json.dumps(
    {"device": "s1", "unit": "kWh", "readings": [{"time": 1646092800, "value": 1.5},
                                                 {"time": 1646096400000, "value": 2}]}
).encode()  # fmt: skip


def stata_file(version: int = 118, **more: Any) -> bytes:
    frame = pd.DataFrame(
        {
            "province": (
                ["北京", "天津", "北京"] if version >= 118 else ["Beijing", "Tianjin", "Beijing"]
            ),
            "year": [2020, 2020, 2021],
            "gdp": [36102.6, 14083.7, float("nan")],
            "note": ["a", "b", "c"],
        }
    )  # fmt: skip
    out = io.BytesIO()
    label = {"gdp": "地区生产总值（亿元）" if version >= 118 else "GDP (100M CNY)"}
    frame.to_stata(out, write_index=False, version=version, variable_labels=label, **more)
    return out.getvalue()


class Shape(NamedTuple):
    """One format: a sound file, its parser, and how it is recognised."""

    name: str
    raw: bytes
    parse: Callable[[bytes, str], Any]
    sniff: Callable[[bytes, str], bool]


def shapes() -> dict[str, Shape]:
    def customs_export(raw: bytes, name: str) -> Any:
        return customs.parse(raw, name, flow="export").observations(keep=("partner", "mode"))

    def baci_year(raw: bytes, name: str) -> Any:
        return baci.parse(raw, name, countries=BACI_COUNTRIES).observations(keep=("product",))

    def comtrade_rows(raw: bytes, name: str) -> Any:
        return comtrade.parse(raw, name).observations(keep=("partner",))

    def hourly(raw: bytes, name: str) -> Any:
        return meters.parse(raw, name, how="last")

    wb, ce, sd = worldbank, ceads, sdmx
    listed = [
        Shape("API_19.csv", WORLDBANK_CSV, wb.parse, wb.sniff),
        Shape("databank.csv", DATABANK_CSV, wb.parse, wb.sniff),
        Shape("page.json", worldbank_page(), wb.parse, wb.sniff),
        Shape("API_19.zip", zipped(API_19__csv=WORLDBANK_CSV, M__csv=b"x"), wb.parse, wb.sniff),
        Shape("eurofxref-hist.csv", ECB_CSV, ecb.parse, ecb.sniff),
        Shape("eurofxref-hist.xml", ECB_XML, ecb.parse, ecb.sniff),
        Shape("eurofxref-hist.zip", zipped(eurofxref__csv=ECB_CSV), ecb.parse, ecb.sniff),
        Shape("annual-co2.csv", OWID_CSV, owid.parse, owid.sniff),
        Shape("nbs.json", nbs_answer(), nbs_api.parse, nbs_api.sniff),
        Shape("iamc.csv", IAMC_CSV, iamc.parse, iamc.sniff),
        Shape("ceads.xlsx", ceads_inventory(), ce.parse, ce.sniff),
        Shape("cities.xlsx", workbook(CEADS_CITIES), ce.parse, ce.sniff),
        Shape("io_2020.csv", IO_CSV, input_output.parse, input_output.sniff),
        Shape("io.xlsx", workbook({"表": IO_SHEET}), input_output.parse, input_output.sniff),
        Shape("mrio.csv", REGIONS_CSV, multi_regional.parse, multi_regional.sniff),
        Shape("mrio.xlsx", workbook({"t": REGIONS_SHEET}), multi_regional.parse,
              multi_regional.sniff),
        Shape("yb.xlsx", workbook({"3-24": IO_YEARBOOK}), input_output.parse, input_output.sniff),
        Shape("comtrade.csv", COMTRADE_CSV, comtrade_rows, comtrade.sniff),
        Shape("comtrade-old.csv", COMTRADE_OLD, comtrade_rows, comtrade.sniff),
        Shape("comtrade.json", COMTRADE_JSON, comtrade_rows, comtrade.sniff),
        Shape("baci.csv", BACI_CSV, baci_year, baci.sniff),
        Shape("customs.csv", CUSTOMS_CSV, customs_export, customs.sniff),
        Shape("meter.csv", METER_CSV, hourly, meters.sniff),
        Shape("meter.json", METER_JSON, hourly, meters.sniff),
        Shape("generic.xml", SDMX_GENERIC, sd.parse, sd.sniff),
        Shape("specific.xml", SDMX_SPECIFIC, sd.parse, sd.sniff),
        Shape("sdmx.json", SDMX_JSON, sd.parse, sd.sniff),
        Shape("sdmx.csv", SDMX_CSV, sd.parse, sd.sniff),
        Shape("panel.dta", stata_file(), stata.parse, stata.sniff),
        Shape("old.dta", stata_file(114), stata.parse, stata.sniff),
    ]  # fmt: skip
    return {s.name: s for s in listed}


def rows(found: Observations) -> list[tuple[Any, ...]]:
    """Entity, period, series, value, unit and cell of every observation."""
    columns = (found.entity, found.period, found.series, found.value, found.unit, found.cell)
    return list(zip(*(c.tolist() for c in columns), strict=True))


def refused(call: Callable[[], object]) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        call()
    return caught.value
