"""What is said beside the effects of an identity."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon.factors import Factors
from zhiheng.catalog.identities import Identity
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi import Lmdi

CANCEL = 0.1
"""Below this part of the effects' absolute sum, the change is called nearly cancelled."""


def notes(identity: Identity, data: Factors, found: Lmdi, *, chain: bool) -> list[Note]:
    """Rules that applied and what to mind."""
    out = [_how(chain=chain)]
    if identity.note:
        out.append(Note(identity.note))
    if len(data.panel.entities) > 1:
        out.append(
            Note(
                Text(
                    "先对每个地区分解，再把效应相加；地区之间的结构变化包含在各因素里，不另成一项。",
                    "Entities are decomposed one by one and their effects summed; shifts between "
                    "entities are inside the factors and no term of their own.",
                )
            )
        )
    out += _cautions(data)
    effect = found.effects.sum(axis=(0, 1))
    if abs(effect.sum()) < CANCEL * np.abs(effect).sum():
        out.append(
            Note(
                Text(
                    "各因素效应几乎相抵，总变化很小，份额因此很大而不稳；请看相对期初量的效应。",
                    "The effects nearly cancel and the change is small, so shares of it are large "
                    "and unstable; read the effects relative to the start.",
                ),
                level="caution",
                code="M838",
            )
        )
    if found.limits.any():
        out.append(
            Note(
                Text(
                    "{n} 步从零开始或归于零，按解析极限处理：同时为零的因素承担全部变化。",
                    "{n} steps start or end at zero and take the analytical limits: factors that "
                    "are zero along with the total carry the whole change.",
                ).format(n=int(found.limits.sum())),
                code="M835",
            )
        )
    return out


def _how(*, chain: bool) -> Note:
    if chain:
        return Note(
            Text(
                "加法 LMDI-I，逐期分解后累加（链式）；效应是恒等式里的算术份额，不是因果效应。",
                "Additive LMDI-I, decomposed step by step and summed (chained); effects are "
                "arithmetic shares of an identity, not causal ones.",
            )
        )
    return Note(
        Text(
            "加法 LMDI-I，只比较首末两期；效应是恒等式里的算术份额，不是因果效应。",
            "Additive LMDI-I between the first and the last period only; effects are arithmetic "
            "shares of an identity, not causal ones.",
        )
    )


def _cautions(data: Factors) -> list[Note]:
    out: list[Note] = []
    if not data.by_construction:
        out.append(
            Note(
                Text(
                    "各因素之积在这些数据里等于被分解量，但不是由式子约简得到：换了数据要重新核对。",
                    "The factors multiply up in these data but do not cancel by construction: with "
                    "other data this must be checked again.",
                ),
                level="caution",
                code="M834",
            )
        )
    if data.current_money:
        out.append(
            Note(
                Text(
                    "因素 {f} 以当年价计，其效应混有价格变化。",
                    "The factors {f} are in current prices: their effects include price changes.",
                ).format(f=", ".join(data.current_money)),
                level="caution",
                code="M836",
            )
        )
    if data.left_out:
        out.append(
            Note(
                Text(
                    "按 gaps=drop，{n} 个不完整的地区没有参与：{s}。",
                    "With gaps=drop, {n} incomplete entities take no part: {s}.",
                ).format(n=len(data.left_out), s=", ".join(data.left_out)),
                level="caution",
                code="M837",
            )
        )
    return out
