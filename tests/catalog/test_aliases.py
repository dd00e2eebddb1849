"""More than 300 spellings of regions, typed here and not read from the catalog."""

from __future__ import annotations

import pytest

from zhiheng.catalog.region_dates import dated_names, is_dated, outside
from zhiheng.catalog.regions import is_region, region, region_at, resolve
from zhiheng.core.errors import ZhihengError

PROVINCES = """
110000 北京 北京市 京 11 BJ CN-BJ CN-11 Beijing beijing BEIJING Peking Peiping 北平 北_京
110000 Beijing_Municipality
120000 天津 天津市 津 12 TJ CN-TJ Tianjin tianjin Tientsin 天_津 Tianjin_City
130000 河北 河北省 冀 13 HE CN-HE Hebei Hebei_Province Hopei Hopeh
140000 山西 山西省 晋 14 SX CN-SX Shanxi shan_xi Shansi Shanxi_Province
150000 内蒙古 内蒙古自治区 内蒙 蒙 15 NM CN-NM Inner_Mongolia InnerMongolia Neimenggu
150000 Nei_Mongol Nei_Menggu 內蒙古 内_蒙_古
210000 辽宁 辽宁省 辽 21 LN Liaoning 遼寧 遼寧省 辽_宁
220000 吉林 吉林省 吉 22 JL Jilin Kirin Jilin_Province
230000 黑龙江 黑龙江省 黑 23 HL Heilongjiang Heilungkiang 黑龍江
310000 上海 上海市 沪 31 SH Shanghai Shanghai_Municipality Shang-hai
320000 江苏 江苏省 苏 32 JS Jiangsu Kiangsu 江蘇
330000 浙江 浙江省 浙 33 ZJ Zhejiang Chekiang
340000 安徽 安徽省 皖 34 AH Anhui Anhwei
350000 福建 福建省 闽 35 CN-FJ Fujian Fukien
360000 江西 江西省 赣 36 JX Jiangxi Kiangsi
370000 山东 山东省 鲁 37 SD Shandong Shantung 山東
410000 河南 河南省 豫 41 HA Henan Honan
420000 湖北 湖北省 鄂 42 HB Hubei Hupeh Hupei
430000 湖南 湖南省 湘 43 HN Hunan
440000 广东 广东省 粤 44 GD Guangdong Kwangtung 廣東 Canton_Province ＧＵＡＮＧＤＯＮＧ
450000 广西 广西壮族自治区 广西壮族 桂 45 GX Guangxi Kwangsi Guangxi_Zhuang
450000 Guangxi_Zhuang_Autonomous_Region 廣西
460000 海南 海南省 琼 46 HI Hainan
500000 重庆 重庆市 渝 50 CQ Chongqing Chungking 重慶 Chongqing_Municipality
510000 四川 四川省 川 51 CN-SC Sichuan Szechwan Szechuan
520000 贵州 贵州省 贵 黔 52 GZ Guizhou Kweichow 貴州
530000 云南 云南省 云 滇 53 YN Yunnan 雲南 Yünnan
540000 西藏 西藏自治区 藏 54 XZ Tibet Xizang Tibet_(Xizang) Tibet_Autonomous_Region
610000 陕西 陕西省 陕 61 CN-SN Shaanxi Shensi 陝西 Shaanxi_Province
620000 甘肃 甘肃省 甘 陇 62 GS Gansu Kansu
630000 青海 青海省 青 63 QH Qinghai Tsinghai Chinghai
640000 宁夏 宁夏回族自治区 宁夏回族 宁 64 NX Ningxia Ningsia Ningxia_Hui_Autonomous_Region
640000 寧夏
650000 新疆 新疆维吾尔自治区 新疆维吾尔 新 65 XJ Xinjiang Sinkiang
650000 Xinjiang_Uygur_Autonomous_Region Xinjiang_Uyghur
710000 台湾 台湾省 71 TW Taiwan 臺灣 中国台湾 Taiwan,_China
810000 香港 香港特别行政区 港 81 HK Hong_Kong HongKong Hong_Kong_SAR,_China 中国香港
820000 澳门 澳门特别行政区 澳 82 MO Macao Macau Macao_SAR,_China 澳門
"""
ECONOMIES = """
ARE AE 阿联酋 阿拉伯联合酋长国 United_Arab_Emirates
ARG AR 阿根廷 Argentina
AUS AU 澳大利亚 澳洲 Australia
AUT AT 奥地利 Austria
BEL BE 比利时 Belgium
BRA BR 巴西 Brazil
CAN CA 加拿大 Canada
CHE CH 瑞士 Switzerland
CHL CL 智利 Chile
CHN CN 中国 China PRC 中华人民共和国 China,_P.R.:_Mainland
COL CO 哥伦比亚 Colombia
DEU DE 德国 Germany
DNK DK 丹麦 Denmark
EGY EG 埃及 Egypt,_Arab_Rep. Egypt
ESP ES 西班牙 Spain
ETH ET 埃塞俄比亚 Ethiopia
FJI 斐济 Fiji
FRA FR 法国 France
GBR GB UK 英国 United_Kingdom
GHA GH 加纳 Ghana
IDN ID 印度尼西亚 印尼 Indonesia
IND IN 印度 India
IRL IE 爱尔兰 Ireland
ITA IT 意大利 Italy
JPN JP 日本 Japan
KAZ KZ 哈萨克斯坦 Kazakhstan
KEN KE 肯尼亚 Kenya
KOR KR 韩国 Korea,_Rep. South_Korea Republic_of_Korea
MAR MA 摩洛哥 Morocco
MEX MX 墨西哥 Mexico
MUS MU 毛里求斯 Mauritius
MYS MY 马来西亚 Malaysia
NGA NG 尼日利亚 Nigeria
NLD NL 荷兰 Netherlands
NOR NO 挪威 Norway
PHL PH 菲律宾 Philippines
POL PL 波兰 Poland
PRT PT 葡萄牙 Portugal
RUS RU 俄罗斯 Russian_Federation Russia
SAU SA 沙特阿拉伯 沙特 Saudi_Arabia
SEN 塞内加尔 Senegal
SGP SG 新加坡 Singapore
SWE SE 瑞典 Sweden
SYC 塞舌尔 Seychelles
THA TH 泰国 Thailand
TUR TR 土耳其 Turkiye Türkiye Turkey
USA US 美国 United_States
UZB UZ 乌兹别克斯坦 Uzbekistan
VNM VN 越南 Viet_Nam Vietnam
ZAF ZA 南非 South_Africa
"""
PAIRS = [
    (word.replace("_", " "), line.split()[0])
    for line in (PROVINCES + ECONOMIES).strip().splitlines()
    for word in line.split()
]


def test_there_are_more_than_300_of_them() -> None:
    assert len(set(PAIRS)) > 500
    assert len({code for _, code in PAIRS}) == 84


@pytest.mark.parametrize(("name", "code"), PAIRS)
def test_a_spelling_is_one_region(name: str, code: str) -> None:
    assert region(name).code == code
    assert resolve([name])[1] == [code]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("Yunan", "Yunnan"), ("Shannxi", "Shaanxi"), ("Guangdon", "Guangdong"), ("Beijng", "Beijing"),
     ("黑龙汪", "黑龙江"), ("内蒙古自冶区", "内蒙古自治区")],
)  # fmt: skip
def test_a_misspelling_is_an_error_with_a_suggestion(name: str, nearest: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        resolve([name])
    assert caught.value.code == "C401"
    assert nearest in str(caught.value.evidence[0]["nearest"])


def test_shanxi_and_shaanxi_stay_apart() -> None:
    codes = {region(n).code for n in ("Shanxi", "shanxi", "Shan Xi", "Shan-xi", "山西")}
    assert codes == {"140000"}
    assert {region(n).code for n in ("Shaanxi", "SHAANXI", "陕西")} == {"610000"}


@pytest.mark.parametrize("code", ["SC", "SN", "FJ"])
def test_a_code_of_two_regions_is_read_as_its_neighbours_are(code: str) -> None:
    with pytest.raises(ZhihengError) as caught:
        region(code)
    assert caught.value.code == "S540"
    assert len(caught.value.evidence) == 2
    assert resolve([code, "BJ", "GD"])[0] == "province"
    assert resolve([code, "US", "FR"])[0] == "economy"
    assert region_at({"x": code}) == {}


def test_codes_of_two_letters_count_in_capitals_only() -> None:
    assert is_region("NO")
    assert not is_region("no")
    assert not is_region("It")


@pytest.mark.parametrize(
    ("name", "inside", "beyond", "dates"),
    [
        ("莱芜", 2018, 2019, ("1993", "2018", "2019")),
        ("莱芜市", 2018, 2020, ("1993", "2018", "2020")),
        ("巢湖", 2010, 2011, ("2000", "2010", "2011")),
        ("371200", 2000, 2021, ("2018", "2021")),
        ("341400", 2000, 2021, ("2010", "2021")),
        ("重庆", 1997, 1996, ("1997", "1996")),
        ("Chongqing", 2020, 1990, ("1997", "1990")),
        ("海南", 1988, 1985, ("1988", "1985")),
        ("四川（含重庆）", 1996, 1997, ("1996", "1997")),
        ("热河省", 1950, 1960, ("1955", "1960")),
        ("USSR", 1990, 1992, ("1991", "1992")),
        ("捷克斯洛伐克", 1992, 1993, ("1992", "1993")),
    ],
)
def test_a_dated_name_holds_within_its_dates(
    name: str, inside: int, beyond: int, dates: tuple[str, ...]
) -> None:
    assert is_dated(name)
    assert outside(name, [inside]) is None
    wrong = outside(name, [inside, beyond])
    assert wrong is not None
    assert all(d in wrong.zh and d in wrong.en for d in dates)


def test_dated_names_say_where_the_dates_come_from() -> None:
    assert all(row.source and row.status in ("verified", "recalled") for row in dated_names())
    assert all(row.first or row.last for row in dated_names())
