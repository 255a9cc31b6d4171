"""The only reader of the environment: `BOTFLEET_*`, read once, validated, unknown ones refused.

A misspelt variable that is silently ignored is a fleet that trades with settings nobody chose, so
`Settings.read` names every fault at once. Values never appear in a fault: some are secrets.
"""

import datetime as dt
import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from botfleet.domain.fleet.bounds import BOUNDS, Bounds
from botfleet.errors import BadInput, Fault

PREFIX = "BOTFLEET_"
#: The brokers this platform may be a client of.
BROKERS = ("tradier", "schwab", "tradestation", "tastytrade", "alpaca")
_PLACEHOLDERS = frozenset({"changeme", "change-me", "secret", "password", "xxx", "todo"})

#: Makes oauthlib send tokens without TLS.
_INSECURE = "OAUTHLIB_INSECURE_TRANSPORT"

_DATABASES = ("postgresql+psycopg", "postgresql", "postgres")
_QUEUES = ("redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps")
_POOLS = ("redis", "rediss", "unix")
_WEB = ("http", "https")


def _schemes(*schemes: str) -> AfterValidator:
    """A check that a URL is one of these kinds."""

    def check(url: str) -> str:
        if urlsplit(url).scheme not in schemes:
            expected = ", ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(f"is not a URL of a kind known here ({expected})")
        return url

    return AfterValidator(check)


def _with_driver(url: str) -> str:
    """The URL with the driver SQLAlchemy should use, whichever way Postgres was spelt."""
    return "postgresql+psycopg" + url[len(urlsplit(url).scheme) :]


DatabaseUrl = Annotated[str, _schemes(*_DATABASES), AfterValidator(_with_driver)]
QueueUrl = Annotated[str, _schemes(*_QUEUES)]
PoolUrl = Annotated[str, _schemes(*_POOLS)]
WebUrl = Annotated[str, _schemes(*_WEB)]
Port = Annotated[int, Field(ge=0, le=65_535)]
Level = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    BeforeValidator(lambda level: level.upper() if isinstance(level, str) else level),
]
#: Hosts that say where to listen, and nobody where to call.
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  what is refused


class Settings(BaseSettings):
    """Everything a process of the fleet may be told. Ports of 0 are chosen when the fleet starts.

    A replayed session that `is_held` stands at its open until it is let go (the demo first fills
    the fleet with bots).

    A URL left out means a server of our own: `botfleet up` starts it below `home` and hands its
    URL to the processes it starts.

    `keep_days` days of what happened are kept; what is older goes, little by little, while the
    market is closed (`botfleet db trim` says what).

    A user may ask the API `api_burst` times at once, and `api_per_s` times a second after,
    whichever of its processes answers; a burst of 0 lets everything pass.

    One user may keep `bots_max` bots, and so many presets, hooks, channels and broker accounts.
    What there is beyond a bound that was lowered stays.

    The API reads and writes Postgres by `door_url`, where it is given: a login that is a member of
    the role botfleet_door and of no other (deploy/postgres/roles.sql). Left out, it connects by
    `database_url` and takes that role.

    `public_url` is where browsers reach the API: brokers send users back there. Left out, they come
    to where it listens.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, allow_inf_nan=False
    )

    home: Path = Path(".botfleet")
    build: str = "dev"
    log_dir: Path | None = None
    log_level: Level = "INFO"

    database_url: DatabaseUrl | None = Field(default=None, repr=False)
    door_url: DatabaseUrl | None = Field(default=None, repr=False)
    broker_url: QueueUrl | None = Field(default=None, repr=False)
    pool_url: PoolUrl | None = Field(default=None, repr=False)

    pods: int = Field(default=2, ge=1, le=1_000)
    instances: int = Field(default=2, ge=1, le=64)
    users_per_instance: int = Field(default=250, ge=1, le=100_000)
    stateful_set: str | None = Field(default=None, pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    kubernetes_url: WebUrl = "https://kubernetes.default.svc"
    orders_threads: int = Field(default=16, ge=1, le=256)
    keep_days: int = Field(default=400, ge=2, le=36_500)
    beats: int = Field(default=2, ge=1, le=8)
    instance: str | None = Field(default=None, pattern=r"^[1-9]\d{0,3}\.[1-9]\d?$")

    clock: Literal["real", "replayed", "lockstep"] = "real"
    speed: float = Field(default=60, gt=0, le=100_000)
    market: Literal["simulated", "recording", "http"] = "simulated"
    recording: Path | None = None
    date: dt.date | None = None
    exercise: Literal["european", "american"] = "european"
    calendar: Path | None = None
    is_held: bool = False
    seed: int = 7
    sandbox_latency_s: float = Field(default=0, ge=0, le=10)
    market_url: WebUrl | None = None
    market_token: SecretStr | None = None

    broker_base_url: WebUrl | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    sandbox_admin: SecretStr | None = None
    sandbox_fills: Literal["plain", "paper"] = "plain"
    tradier_client_id: str | None = None
    tradier_client_secret: SecretStr | None = None
    schwab_client_id: str | None = None
    schwab_client_secret: SecretStr | None = None
    tradestation_client_id: str | None = None
    tradestation_client_secret: SecretStr | None = None
    tastytrade_client_id: str | None = None
    tastytrade_client_secret: SecretStr | None = None
    alpaca_client_id: str | None = None
    alpaca_client_secret: SecretStr | None = None
    brokers_paper: bool = False
    vault_key_file: Path | None = None
    notify_schemes: str = Field(
        default="discord,gchat,pover,slack,tgram", pattern=r"^[a-z0-9]+(,[a-z0-9]+)*$"
    )

    bots_max: int = Field(default=BOUNDS.bots, ge=1, le=1_000_000)
    presets_max: int = Field(default=BOUNDS.presets, ge=1, le=100_000)
    hooks_max: int = Field(default=BOUNDS.hooks, ge=1, le=100_000)
    channels_max: int = Field(default=BOUNDS.channels, ge=1, le=1_000)
    accounts_max: int = Field(default=BOUNDS.accounts, ge=1, le=1_000)

    public_url: WebUrl | None = None
    api_host: str = "127.0.0.1"
    api_port: Port = 0
    api_burst: int = Field(default=300, ge=0, le=1_000_000)
    api_per_s: float = Field(default=30, gt=0, le=100_000)
    sandbox_host: str = "127.0.0.1"
    sandbox_port: Port = 0
    metrics_host: str = "127.0.0.1"
    metrics_port: Port = 0

    @property
    def bounds(self) -> Bounds:
        """How much one user may keep."""
        kinds = ("bots", "presets", "hooks", "channels", "accounts")
        return Bounds(*(getattr(self, f"{kind}_max") for kind in kinds))

    @property
    def schemes(self) -> frozenset[str]:
        """The kinds of channels owners may name."""
        return frozenset(self.notify_schemes.split(","))

    @classmethod
    def read(cls, **given: object) -> Self:
        """The settings of this process: the environment, with what was `given` on top.

        Raises:
            BadInput: naming every variable that is unknown, malformed or missing.
        """
        faults = list(_unknown(os.environ, known=frozenset(cls.model_fields)))
        try:
            settings = cls(**given)  # type: ignore[arg-type]  # pydantic validates them
        except ValidationError as error:
            faults += (_fault(detail["loc"], detail["msg"]) for detail in error.errors())
        else:
            faults += settings._contradictions()
            if not faults:
                return settings
        raise BadInput(faults)

    @property
    def logs(self) -> Path:
        """Where each process writes its log."""
        return self.log_dir or self.home / "log"

    @property
    def credentials(self) -> dict[str, tuple[str, str]]:
        """This platform's client id and secret at each broker that gave it some, by name."""
        found = {}
        for broker in BROKERS:
            name, secret = self._credential(broker)
            if name and secret:
                found[broker] = (name, secret.get_secret_value())
        return found

    def _credential(self, broker: str) -> tuple[str | None, SecretStr | None]:
        return getattr(self, f"{broker}_client_id"), getattr(self, f"{broker}_client_secret")

    @property
    def is_sandboxed(self) -> bool:
        """Is the market, and with it the broker, our own sandbox?"""
        return self.market != "http"

    def _contradictions(self) -> Iterator[Fault]:
        yield from self._poor_secrets()
        if self.market == "http" and self.market_url is None:
            yield _fault(("market_url",), "is needed when BOTFLEET_MARKET is http")
        if self.market == "recording" and self.recording is None:
            yield _fault(("recording",), "is needed when BOTFLEET_MARKET is recording")
        if self.recording is not None and not self.recording.exists():
            yield _fault(("recording",), f"there is nothing at {self.recording}")
        if self.clock != "real" and self.date is None:
            yield _fault(("date",), f"is needed when BOTFLEET_CLOCK is {self.clock}")
        if self.clock != "real" and self.market == "http":
            yield _fault(
                ("clock",), "a live market keeps real time; only a sandbox can be replayed"
            )

        if self.api_host in _EVERYWHERE and self.public_url is None:
            yield _fault(("public_url",), f"is needed when BOTFLEET_API_HOST is {self.api_host}")

    def _poor_secrets(self) -> Iterator[Fault]:
        for broker in BROKERS:
            name, secret = self._credential(broker)
            half = "id" if secret and not name else "secret" if name and not secret else ""
            if half:
                other = "secret" if half == "id" else "id"
                words = f"is needed beside {PREFIX}{broker.upper()}_CLIENT_{other.upper()}"
                yield _fault((f"{broker}_client_{half}",), words)
        for field, value in self:
            if isinstance(value, SecretStr) and value.get_secret_value().lower() in _PLACEHOLDERS:
                yield _fault((field,), "is a placeholder, no secret")
        if os.environ.get(_INSECURE):
            yield Fault(_INSECURE, "must not be set: tokens would travel in the clear")


def environment(settings: Settings) -> dict[str, str]:
    """The whole environment of a child process: ours, with these settings in place of our own.

    It holds secrets in the clear; give it to a child and to nothing else.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {
        f"{PREFIX}{name.upper()}": _spelt(value) for name, value in settings if value is not None
    }


def become(environ: Mapping[str, str]) -> None:
    """Replace the environment of this process: a warm start takes over that of its child."""
    os.environ.clear()
    os.environ.update(environ)


def keep_metrics_in(directory: Path) -> None:
    """Tell prometheus_client where this process's counts lie; it looks here and nowhere else."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


def notify_socket() -> str | None:
    """Where this process should announce that it is ready, in systemd's convention."""
    return os.environ.get("NOTIFY_SOCKET")


def _spelt(value: object) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value.absolute())
        case _:
            return str(value)


def _unknown(environ: Mapping[str, str], *, known: frozenset[str]) -> Iterator[Fault]:
    names = sorted(f"{PREFIX}{name.upper()}" for name in known)
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            yield Fault(name, f"is not a setting of botfleet{hint}")


def _fault(location: tuple[int | str, ...], message: str) -> Fault:
    name = f"{PREFIX}{str(location[0]).upper()}" if location else ""
    return Fault(name, message.removeprefix("Value error, "))
