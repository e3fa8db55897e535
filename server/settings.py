"""What an operator sets, all of it by environment variable; the only reader of the environment.

A wrong value is one line that names the variable, the fault and what is allowed: `SettingsError`.
What is secret is never printed.
"""

import ipaddress
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings", "SettingsError", "load_settings", "secret_key"]

_KEY_LENGTH: Final = 32
_DATABASES: Final = ("sqlite:///", "postgresql://", "postgres://")


S = TypeVar("S", bound="Settings")


class SettingsError(Exception):
    """A variable is wrong; the text is the one line to print."""


class Settings(BaseSettings):
    """Every setting, with its default. Durations are seconds."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path("data")
    database_url: str | None = None
    redis_url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str | None = None
    secret_key: SecretStr | None = None
    trusted_proxies: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    rate_limits: Literal["on", "off"] = "on"
    heartbeat_interval: float = Field(default=25.0, gt=0, le=300)
    heartbeat_timeout: float = Field(default=10.0, gt=0, le=300)
    hello_timeout: float = Field(default=10.0, gt=0, le=300)
    drain_seconds: float = Field(default=10.0, ge=0, le=600)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(_DATABASES):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return url

    @field_validator("redis_url")
    @classmethod
    def _no_bus_yet(cls, url: str | None) -> str | None:
        if url is not None:
            raise ValueError("is not supported by this version; leave it unset: one process")
        return url

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        scheme, _, rest = url.rstrip("/").partition("://")
        if scheme not in ("http", "https") or not rest or "/" in rest:
            raise ValueError("must be an origin like https://chat.example.com")
        return url.rstrip("/")

    @field_validator("secret_key")
    @classmethod
    def _strong_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(set(key.get_secret_value())) < 8:
            raise ValueError("is too simple; use the output of `openssl rand -hex 32`")
        if key is not None and len(key.get_secret_value()) < _KEY_LENGTH:
            raise ValueError(f"must have at least {_KEY_LENGTH} characters")
        return key

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in filter(None, (part.strip() for part in value.split(","))):
            try:
                ipaddress.ip_network(part)
            except ValueError:
                raise ValueError("must be addresses or networks, separated by commas") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @property
    def database(self) -> str:
        """The database's URL; SQLite in the data directory unless another is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'parley.db'}"

    def with_options(self, **options: Any) -> Self:
        """A copy in which the command line's options, those that are not None, stand."""
        given = {name: value for name, value in options.items() if value is not None}
        return _checked(lambda: type(self)(**{**self.model_dump(), **given}))


def load_settings() -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    return _checked(Settings)


def _checked(make: Callable[[], S]) -> S:
    try:
        return make()
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        name = str(fault["loc"][0]).upper()
        message = fault["msg"].removeprefix("Value error, ")
        raise SettingsError(f"{name}: {message}") from None


def secret_key(settings: Settings) -> str:
    """The key that secrets are encrypted under: `SECRET_KEY`, else one kept in the data directory.

    Makes the data directory if anything is kept there. A key is made at the first start, readable
    by its owner alone. Raises `SettingsError`.
    """
    needs_folder = settings.secret_key is None or settings.database_url is None
    path = settings.data_dir / "secret.key"
    try:
        if needs_folder:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        if settings.secret_key is not None:
            return settings.secret_key.get_secret_value()
        if not path.exists():
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(secrets.token_hex(32), encoding="ascii")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(f"SECRET_KEY: {path} can be read by others; run chmod 600 on it")
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: {settings.data_dir} cannot be written ({error.strerror}); "
            "set it to a directory that this user may write to"
        ) from None
    if len(key) < _KEY_LENGTH:
        raise SettingsError(f"SECRET_KEY: {path} does not hold a key of {_KEY_LENGTH} characters")
    return key
