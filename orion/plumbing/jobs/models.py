"""The workers that are alive, by their own word."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orion.plumbing.db import Base


class JobWorker(Base):
    """A worker process and when it last said that it lives. A worker that stays silent loses its jobs to another."""

    __tablename__ = "job_workers"

    id: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    host: Mapped[str] = mapped_column(sa.String(255))
    pid: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
