"""Settings: from the environment, then from `.env`, then the defaults here. `.env.example` explains each."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One value per environment variable of the same name (upper case)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")
    _signing_key: str = PrivateAttr("")

    environment: Literal["development", "production"] = "development"
    var_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""

    secret_key: SecretStr = SecretStr("")
    access_token_expire_minutes: int = Field(30, gt=0)
    refresh_token_expire_days: int = Field(30, gt=0)
    session_expire_hours: int = Field(12, gt=0)
    allowed_hosts: list[str] = ["*"]

    rate_limit_requests: int = Field(100, gt=0, description="calls per window and caller who is not logged in")
    rate_limit_window: int = Field(3600, gt=0, description="seconds")
    rate_limit_user_requests: int = Field(5000, gt=0, description="calls per window of a logged-in user")
    login_attempts: int = Field(10, gt=0, description="failed log-ins per name and per address in 15 minutes")

    log_level: str = "INFO"
    log_format: Literal["console", "json"] = "json"

    fetch_allowed_hosts: list[str] = Field(
        default=[], description="hosts or networks that feeds may be fetched from although they are private"
    )
    feed_max_bytes: int = Field(4 * 1024**3, gt=0, description="largest feed, unpacked")
    feed_timeout_seconds: float = Field(1800.0, gt=0, description="longest download of a feed")
    files_url: str = Field("", description="where uploads are kept (any fsspec URL); empty = VAR_DIR/files")

    worker_dead_after_seconds: float = Field(30.0, gt=0)
    worker_tick_seconds: float = Field(5.0, gt=0)
    worker_poll_seconds: float = Field(0.5, gt=0, description="how often each queue is looked at")
    worker_drain_seconds: float = Field(5.0, ge=0, description="time for running jobs to finish when a worker stops")
    jobs_keep_days: int = Field(30, gt=0, description="finished jobs are forgotten after this many days")

    @property
    def effective_database_url(self) -> str:
        """`database_url`, or the embedded SQLite file under `var_dir` when it is empty."""
        return self.database_url or f"sqlite:///{self.var_dir.resolve() / 'orion.db'}"

    def signing_key(self) -> str:
        """The secret that tokens are signed with.

        Development makes one on first use and keeps it in `var_dir`. Raises ValueError in production without
        SECRET_KEY, or with one shorter than 32 characters.
        """
        if not self._signing_key:
            self._signing_key = self._find_signing_key()
        return self._signing_key

    def _find_signing_key(self) -> str:
        if key := self.secret_key.get_secret_value():
            if self.environment == "production" and len(key) < 32:
                raise ValueError("SECRET_KEY is too short: use at least 32 random characters")
            return key
        if self.environment == "production":
            raise ValueError("SECRET_KEY is not set: set it to at least 32 random characters")
        path = self.var_dir / "secret_key"
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # readable by its owner alone
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # of processes that start at once one wins, with a whole file
            os.link(file.name, path)
        Path(file.name).unlink()
        return path.read_text().strip()
