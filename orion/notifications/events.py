"""What notifications tell the packages above them (see `orion.main.wiring`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class MailWanted:
    """User `user_id` is to be told by mail too; `key` is the dedupe key that the mail must have."""

    user_id: int
    kind: str
    params: Mapping[str, Any]
    store_id: int | None
    key: str
