"""Writes yearbook.xls with xlwt (BSD), which nothing else needs; run by hand."""

from __future__ import annotations

from pathlib import Path

import xlwt

book = xlwt.Workbook(encoding="utf-8")
sheet = book.add_sheet("表1")
sheet.write_merge(0, 0, 0, 3, "1-1 各地区情况（2020年）")
sheet.write(1, 3, "单位：亿元")
sheet.write(2, 0, "地  区")
sheet.write_merge(2, 2, 1, 2, "收入")
sheet.write(2, 3, "人数\n(万人)")
sheet.write(3, 1, "城镇")
sheet.write(3, 2, "农村")
for i, name in enumerate(["北  京", "天  津", "内蒙古"]):
    sheet.write(4 + i, 0, name)
    for j in range(3):
        sheet.write(4 + i, 1 + j, 10.5 * (i + 1) + j if j != 1 else 12.5 + 10 * i)
sheet.write(7, 0, "注：为虚构数据。")
book.save(str(Path(__file__).with_name("yearbook.xls")))
