"""Pages of short lists: a limit, and the name after which the next page begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query, Response

Limit = Annotated[int, Query(ge=1, le=1000, description="Rows of a page · 每页行数")]
After = Annotated[
    str, Query(max_length=200, description="The value of Next-Cursor of the page before · 游标")
]
NEXT = "Next-Cursor"
Item = TypeVar("Item")


def page(
    items: Sequence[Item], name: Callable[[Item], str], limit: int, after: str, response: Response
) -> list[Item]:
    """One page of items in the order of their names; the header says where the next begins."""
    rest = sorted((i for i in items if name(i) > after), key=name)
    if len(rest) > limit:
        response.headers[NEXT] = name(rest[limit - 1])
    return rest[:limit]
