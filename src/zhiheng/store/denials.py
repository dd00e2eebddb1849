"""Errors of accounts, rights and shared data; what may not be seen looks like what is not there."""

from __future__ import annotations

from collections.abc import Iterable

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text

_KINDS = {
    "user": Text("用户", "user"),
    "organisation": Text("机构", "organisation"),
    "key": Text("密钥", "key"),
    "dataset": Text("数据集", "dataset"),
    "grant": Text("授权", "grant"),
}


def not_signed_in() -> ZhihengError:
    """A101: no name, password or key that is known; which of them is wrong is not said."""
    return ZhihengError(
        "A101",
        Text("没有登录，或凭据无效。", "Not signed in, or the credentials are not valid."),
        fix=Text("重新登录，或换一个有效的密钥。", "Sign in again, or use a valid key."),
    )


def not_allowed(action: Text, needs: Text) -> ZhihengError:
    """A102: signed in, but without the right."""
    return ZhihengError(
        "A102",
        Text("您无权{a}。", "You may not {a}.").format(a=action),
        evidence=[{"needs": f"{needs.zh} · {needs.en}"}],
        fix=Text("请数据的管理机构授权。", "Ask the steward of the data for it."),
    )


def unknown(kind: str, name: str) -> ZhihengError:
    """A103: it does not exist, or may not be seen; the two are not told apart."""
    return ZhihengError(
        "A103",
        Text(
            "没有这个{k}，或您看不到它：{n}。",
            "There is no such {k}, or you may not see it: {n}.",
        ).format(k=_KINDS[kind], n=name[:80]),
        fix=Text("检查名称；或请管理机构授权。", "Check the name, or ask its steward."),
    )  # fmt: skip


def taken(kind: str, name: str) -> ZhihengError:
    """A104: the name is in use."""
    return ZhihengError(
        "A104",
        Text("{k}名已被使用：{n}。", "The name of the {k} is taken: {n}.").format(
            k=_KINDS[kind], n=name[:80]
        ),
        fix=Text("换一个名称。", "Choose another name."),
    )


def bad_value(rows: Iterable[Row]) -> ZhihengError:
    """A105: names or options that cannot stand."""
    return ZhihengError(
        "A105",
        Text("账户或授权的内容不成立。", "Something of this account or grant cannot stand."),
        evidence=list(rows),
        fix=Text(
            "名称用小写字母开头的字母、数字和下划线；其余按所列内容改。",
            "Names are lower-case letters, digits and underscores, a letter first; mend the rest "
            "as listed.",
        ),
    )


def closed(kind: str, name: str) -> ZhihengError:
    """A106: a user or key that no longer counts."""
    return ZhihengError(
        "A106",
        Text("{k}已停用或过期：{n}。", "The {k} is closed or has expired: {n}.").format(
            k=_KINDS[kind], n=name[:80]
        ),
        fix=Text("请本机构的管理员处理。", "Ask an administrator of your organisation."),
    )
