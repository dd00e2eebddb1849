"""The text of a file in whatever encoding it came."""

from __future__ import annotations

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")
"""Archives, old Office files, gzip and PDF: a few of their bytes may pass for UTF-16."""


def decode(raw: bytes, name: str) -> str:
    """The text of a file: by its byte-order mark, else UTF-8, UTF-16 without mark, GB 18030.

    Raises
    ------
    ZhihengError
        S501 the bytes are no text in any of these.
    """
    if raw.startswith(BINARY):
        raise _no_text(name)
    for mark, encoding in BOMS:
        if raw.startswith(mark):
            return _strict(raw, encoding, name)
    for encoding in ("utf-8", _wide(raw), "gb18030"):
        if not encoding:
            continue
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text
    raise _no_text(name)


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark shows as zero bytes at every other place."""
    head = raw[:4000]
    if len(head) < 4 or len(raw) % 2:
        return ""
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) < len(head) // 8:
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _is_text(text: str) -> bool:
    odd = sum(text.count(chr(c)) for c in range(32) if chr(c) not in "\t\r\n\f\x0b")
    return "\x00" not in text and odd * 100 <= len(text)


def _strict(raw: bytes, encoding: str, name: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise _no_text(name) from None
    if not _is_text(text):
        raise _no_text(name)
    return text


def _no_text(name: str) -> ZhihengError:
    return ZhihengError(
        "S501",
        Text("文件 {f} 不是文本表格。", "The file {f} is not a text table.").format(f=name),
        evidence=[{"cell": f"{name}!A1"}],
        fix=Text("另存为 UTF-8 编码的 CSV。", "Save it as CSV in UTF-8."),
    )
