"""Settings: from the environment, then from `.env`, then the defaults here. `.env.example` explains each."""

import base64
import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One value per environment variable of the same name (upper case)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")
    _signing_key: str = PrivateAttr("")
    _development_key: str = PrivateAttr("")

    environment: Literal["development", "production"] = "development"
    var_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""

    secret_key: SecretStr = SecretStr("")
    sealing_keys: list[SecretStr] = Field([], description="id:base64 of 32 bytes; the first seals, all of them open")
    access_token_expire_minutes: int = Field(30, gt=0)
    refresh_token_expire_days: int = Field(30, gt=0)
    session_expire_hours: int = Field(12, gt=0)
    allowed_hosts: list[str] = ["*"]
    public_url: str = Field("http://localhost:8000", description="where people reach the portal: for links in mails")
    cors_allowed_origins: list[str] = Field(
        default=[], description="origins whose pages may call the API from a browser"
    )

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

    import_changes_keep_days: int = Field(30, gt=0, description="how long what an import changed is remembered")
    import_changes_keep_rows: int = Field(
        5_000_000,
        ge=0,
        description="how many changed rows of a store's imports are remembered; those of the last always",
    )

    simulator_url: str = Field(
        "", description="where `orion simulate` answers, such as http://127.0.0.1:8900; empty = no such environment"
    )
    simulator_rate_factor: float = Field(
        1.0, gt=0, description="how much quicker than the real ones simulators are asked"
    )
    channel_connect_seconds: float = Field(10.0, gt=0, description="longest wait for a connection to a channel")
    channel_read_seconds: float = Field(30.0, gt=0, description="longest silence of a channel within an answer")
    channel_retry_seconds: float = Field(0.5, ge=0, description="about how long to wait before a call is repeated")
    amazon_app_id: str = ""
    amazon_client_id: str = ""
    amazon_client_secret: SecretStr = SecretStr("")
    ebay_client_id: str = ""
    ebay_client_secret: SecretStr = SecretStr("")
    ebay_runame: str = ""
    ebay_verification_token: SecretStr = Field(
        SecretStr(""), description="proves to eBay that its notifications come to us; empty = they are not taken"
    )

    smtp_url: SecretStr = Field(SecretStr(""), description="empty = mails become files under VAR_DIR/mail")
    mail_from: str = "Orion <orion@localhost>"

    worker_dead_after_seconds: float = Field(30.0, gt=0)
    worker_tick_seconds: float = Field(5.0, gt=0)
    worker_poll_seconds: float = Field(0.5, gt=0, description="how often each queue is looked at")
    worker_drain_seconds: float = Field(5.0, ge=0, description="time for running jobs to finish when a worker stops")
    jobs_keep_days: int = Field(30, gt=0, description="finished jobs are forgotten after this many days")

    @field_validator("cors_allowed_origins")
    @classmethod
    def _check_origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            parts = urlsplit(origin)
            if origin not in ("*", f"{parts.scheme}://{parts.netloc}"):
                raise ValueError(f"{origin!r} is no origin: give a scheme and a host, such as https://shop.example.com")
        return [origin.lower() for origin in origins]

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

    def sealing_key_texts(self) -> list[str]:
        """The keys of `sealing_keys`, each as "id:base64"; in development, if there are none, one kept in `var_dir`.

        Empty in production without SEALING_KEYS.
        """
        if self.sealing_keys:
            return [key.get_secret_value() for key in self.sealing_keys]
        if self.environment == "production":
            return []
        if not self._development_key:
            made = base64.b64encode(secrets.token_bytes(32)).decode()
            self._development_key = f"development:{self._kept('sealing_key', made)}"
        return [self._development_key]

    @field_validator("sealing_keys")
    @classmethod
    def _check_sealing_keys(cls, keys: list[SecretStr]) -> list[SecretStr]:
        names = []
        for key in keys:
            name, _, encoded = key.get_secret_value().partition(":")
            try:
                whole = len(base64.b64decode(encoded, validate=True)) == 32
            except ValueError:
                whole = False
            if not whole or not name.isascii() or not name.isalnum():
                raise ValueError(
                    "each sealing key is id:key, an id of letters and digits and 32 random bytes in base64; "
                    "`orion keys new` makes one"
                )
            names.append(name)
        if len(set(names)) < len(names):
            raise ValueError("two sealing keys have the same id")
        return keys

    @model_validator(mode="after")
    def _check_simulator_url(self) -> Self:
        if not self.simulator_url:
            return self
        parts = urlsplit(self.simulator_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("SIMULATOR_URL is like http://127.0.0.1:8900")
        loopback = parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not loopback and self.environment != "development":
            raise ValueError("SIMULATOR_URL leads to another machine; outside development it must be this one")
        self.simulator_url = self.simulator_url.rstrip("/")
        return self

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        if not text:
            return url
        try:
            parts = urlsplit(text)
            bad = parts.scheme not in ("smtp", "smtps", "starttls") or not parts.hostname or parts.port == 0
        except ValueError:
            bad = True
        if bad:
            raise ValueError("is like smtps://user:password@mail.example.com:465, or with smtp:// or starttls://")
        if parts.scheme == "smtp" and parts.password and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("sends a password in clear: use smtps:// or starttls://")
        return url

    def _find_signing_key(self) -> str:
        if key := self.secret_key.get_secret_value():
            if self.environment == "production" and len(key) < 32:
                raise ValueError("SECRET_KEY is too short: use at least 32 random characters")
            return key
        if self.environment == "production":
            raise ValueError("SECRET_KEY is not set: set it to at least 32 random characters")
        return self._kept("secret_key", secrets.token_urlsafe(48))

    def _kept(self, name: str, made: str) -> str:
        """The secret in the file `name` of `var_dir`; `made` becomes it where there is none yet. Raises ValueError."""
        path = self.var_dir / name
        try:
            with contextlib.suppress(FileNotFoundError):
                return path.read_text().strip()
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:  # readable by its owner alone
                file.write(made)
            with contextlib.suppress(FileExistsError):  # of processes that start at once one wins, with a whole file
                os.link(file.name, path)
            Path(file.name).unlink()
            return path.read_text().strip()
        except OSError as error:
            raise ValueError(
                f"VAR_DIR cannot be used: {error.strerror} ({path}). Let the user who runs Orion write there, "
                "make room, or set VAR_DIR to another folder"
            ) from error
