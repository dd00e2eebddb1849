"""Errors of the HTTP layer, A140 to A169."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from zhiheng.core.errors import Row, ZhihengError, nearest
from zhiheng.core.text import Text


class TooMany(ZhihengError):
    """Something was asked too often; `wait` is in seconds."""

    def __init__(self, code: str, what: Text, *, fix: Text, wait: float) -> None:
        self.wait = max(1, math.ceil(wait))
        super().__init__(code, what, fix=fix, evidence=[{"seconds": self.wait}])


def invalid(rows: Iterable[Row]) -> ZhihengError:
    """A140: parts of a request that do not have the form that the OpenAPI document gives."""
    return ZhihengError(
        "A140",
        Text("请求的内容或参数不合要求。", "Something in the request is not of the form asked."),
        evidence=list(rows),
        fix=Text("按所列位置修改；形式见 openapi.json。", "Mend what is listed; see openapi.json."),
    )


def not_acceptable(asked: str, known: Sequence[str]) -> ZhihengError:
    """A141: none of the formats that the caller accepts can be given."""
    return ZhihengError(
        "A141",
        Text("没有所要的格式。", "None of the formats asked for can be given."),
        evidence=[{"asked": asked[:80]}],
        fix=Text("可用：{k}。", "Available: {k}.").format(k=", ".join(known)),
    )


def too_large(limit: int) -> ZhihengError:
    """A142: a body above the limit of this server."""
    return ZhihengError(
        "A142",
        Text("请求体太大。", "The body of the request is too large."),
        evidence=[{"limit_bytes": limit}],
        fix=Text("分成几次发送。", "Send it in parts."),
    )


def too_often(wait: float) -> TooMany:
    """A143: more requests than one caller may send."""
    return TooMany(
        "A143",
        Text("请求太频繁。", "Too many requests."),
        fix=Text("等 Retry-After 秒再试。", "Wait for Retry-After seconds and try again."),
        wait=wait,
    )


def paused(wait: float) -> TooMany:
    """A144: sign-in waits after failures; the same for names that exist and names that do not."""
    return TooMany(
        "A144",
        Text("登录失败次数过多，暂停登录。", "Sign-in is paused after repeated failures."),
        fix=Text("等 Retry-After 秒再试。", "Wait for Retry-After seconds and try again."),
        wait=wait,
    )


def unknown_job(job: str) -> ZhihengError:
    """A145: no such job of the caller; jobs of others look the same."""
    return ZhihengError(
        "A145",
        Text("您没有这个任务：{j}。", "You have no such job: {j}.").format(j=job[:80]),
        fix=Text(
            "结果只保留一段时间；用 GET /jobs 查看。", "Results are kept for a time; see GET /jobs."
        ),
    )


def queue_full(limit: int, wait: float) -> TooMany:
    """A146: an organisation has as many unfinished jobs as it may have."""
    return TooMany(
        "A146",
        Text(
            "本机构已有 {n} 个未完成的任务。", "Your organisation has {n} unfinished jobs."
        ).format(n=limit),
        fix=Text("等其中一个完成，或取消一个。", "Wait for one to end, or cancel one."),
        wait=wait,
    )


def not_finished(job: str, state: str) -> ZhihengError:
    """A147: the result of a job that has none."""
    return ZhihengError(
        "A147",
        Text("任务还没有结果。", "The job has no result."),
        evidence=[{"job": job, "state": state}],
        fix=Text("用 GET /jobs/{id} 看进度。", "Follow it with GET /jobs/{id}."),
    )


def beyond_server(rows: Iterable[Row]) -> ZhihengError:
    """A148: options that would cost more than this server gives."""
    return ZhihengError(
        "A148",
        Text("选项超出本服务器的限度。", "An option is beyond what this server gives."),
        evidence=list(rows),
        fix=Text("改小，或在自己的机器上运行。", "Make it smaller, or run it on your own machine."),
    )


def one_input(given: Sequence[str]) -> ZhihengError:
    """A149: a method needs exactly one input."""
    return ZhihengError(
        "A149",
        Text("方法需要恰好一个输入。", "A method needs exactly one input."),
        evidence=[{"given": ", ".join(given) or "0"}],
        fix=Text(
            "给出 dataset、panel、csv、embedded 之一。",
            "Give one of dataset, panel, csv, embedded.",
        ),
    )


def no_route(method: str, path: str) -> ZhihengError:
    """A150: no such address, or not with this HTTP method."""
    return ZhihengError(
        "A150",
        Text("没有这个地址，或它不接受 {m}。", "There is no such address, or it does not take {m}.")
        .format(m=method[:10]),
        evidence=[{"path": path[:120]}],
        fix=Text("地址见 /api/v1/openapi.json。", "See /api/v1/openapi.json."),
    )  # fmt: skip


def metrics_closed() -> ZhihengError:
    """A151: metrics are for this machine or for the holder of the token."""
    return ZhihengError(
        "A151",
        Text("监控指标不公开。", "Metrics are not public."),
        fix=Text(
            "在本机读取，或带上 metrics 令牌。",
            "Read them on this machine, or with the metrics token.",
        ),
    )


def remote_refused(host: str) -> ZhihengError:
    """A152: serving beyond this machine was not asked for in so many words."""
    return ZhihengError(
        "A152",
        Text(
            "{h} 对其他机器开放，而本服务自己不加密。",
            "{h} is open to other machines, and this server does not encrypt by itself.",
        ).format(h=host),
        fix=Text(
            "前面放一个 TLS 反向代理，再加 --allow-remote。",
            "Put a reverse proxy with TLS in front, then add --allow-remote.",
        ),
    )


def weak_password(least: int) -> ZhihengError:
    """A153: a password that is too easy."""
    return ZhihengError(
        "A153",
        Text("口令太弱。", "The password is too weak."),
        evidence=[{"least_characters": least}],
        fix=Text(
            "至少 {n} 个字符，不含用户名，不是同一字符的重复。",
            "Use at least {n} characters, not the user's name and not one character repeated.",
        ).format(n=least),
    )


def open_secret(path: str) -> ZhihengError:
    """A154: the signing key of tokens can be read by others, or is no key."""
    return ZhihengError(
        "A154",
        Text("令牌密钥文件不可用：别人能读，或太短。",
             "The key file of tokens is unusable: others can read it, or it is too short."),
        evidence=[{"file": path}],
        fix=Text(
            "设权限 0600；或删除后重启，所有会话重新登录。",
            "Set mode 0600; or remove it and start again, which ends all sessions.",
        ),
    )  # fmt: skip


def unknown_method(name: str, known: Iterable[str]) -> ZhihengError:
    """A155: no method of this name is served."""
    near = ", ".join(nearest(name, known)) or "GET /methods"
    return ZhihengError(
        "A155",
        Text("没有这个方法：{n}。", "There is no such method: {n}.").format(n=name[:80]),
        fix=Text("最接近的：{k}。", "The nearest: {k}.").format(k=near),
    )


def unreadable(detail: str) -> ZhihengError:
    """A156: a body that is no JSON, no form, or not in UTF-8."""
    return ZhihengError(
        "A156",
        Text("读不懂请求体。", "The body of the request cannot be read."),
        evidence=[{"detail": detail[:200]}],
        fix=Text(
            "用 UTF-8 的 JSON，或 multipart 表单。", "Send JSON in UTF-8, or a multipart form."
        ),
    )


def strange_host(host: str) -> ZhihengError:
    """A157: a Host header that is not one of this server's names."""
    return ZhihengError(
        "A157",
        Text("本服务器不叫这个名字。", "This server does not go by that name."),
        evidence=[{"host": host[:80]}],
        fix=Text("用启动时给出的地址访问。", "Use the address given at start."),
    )


def internal(request_id: str) -> ZhihengError:
    """A160: our own fault; what happened stands in the log under the id."""
    return ZhihengError(
        "A160",
        Text("内部错误。", "Internal error."),
        evidence=[{"id": request_id}],
        fix=Text(
            "把编号告诉管理员，日志里有详情。", "Give the id to the administrator; the log has it."
        ),
        exit_code=3,
    )


def no_socket(host: str, port: int, detail: str) -> ZhihengError:
    """A158: the address to listen on cannot be had."""
    return ZhihengError(
        "A158",
        Text("不能在 {h}:{p} 上监听。", "Cannot listen on {h}:{p}.").format(h=host, p=port),
        evidence=[{"detail": detail}],
        fix=Text("换一个 --port 或 --host。", "Choose another --port or --host."),
    )
