"""The demo's people: users, their accounts at the sandbox, their consent to us, and their bots.

Everything is named by what it is, so a second call completes what a first one left undone. Consent
is the real OAuth flow; only the person at the browser is played. Accounts' passwords derive from
the admin secret, which the fleet keeps in its home.
"""

import hmac
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import resources
from itertools import count, cycle, islice

from botfleet.adapters.botfile import dump, read, version
from botfleet.adapters.brokers.sandbox import SandboxDesk, consent
from botfleet.application.ports.roster import NewBot, User
from botfleet.bootstrap import BROKER, Wiring
from botfleet.config import Settings
from botfleet.domain.bots.bot import Definition
from botfleet.domain.money import Money
from botfleet.errors import Refusal

FOUNDING = "Founding example"

_FIRST = (
    *("Ada", "Amara", "Andrei", "Anika", "Ben", "Bruno", "Carla", "Chidi", "Clara", "Dana"),
    *("Dmitri", "Elena", "Emeka", "Farah", "Felix", "Grace", "Hana", "Henrik", "Ines", "Ivan"),
    *("Jamal", "Jonas", "Julia", "Kai", "Keiko", "Lars", "Leila", "Liam", "Lucia", "Marek"),
    *("Maya", "Mei", "Nadia", "Noah", "Olga", "Omar", "Paula", "Pedro", "Priya", "Rafael"),
    *("Rosa", "Sami", "Sofia", "Tariq", "Tomas", "Uma", "Viktor", "Wen", "Yara", "Zoe"),
)
_LAST = ("Keller", "Okafor", "Lindgren", "Moreau", "Tanaka", "Silva", "Novak")
#: Allocations of one kind of bot differ from owner to owner: by these, in per cent.
_ALLOCATION_PCT = (100, 150, 200, 300)
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Population:
    """Who is there now: all users and bots, and how many accounts this call connected."""

    users: int
    bots: int
    connected: int


def populate(
    wiring: Wiring,
    settings: Settings,
    *,
    recorded: bool,
    users: int = 50,
    bots: int = 300,
    brokers: Sequence[str] = (BROKER,),
) -> Population:
    """Make `users` users with connected accounts and seats, and `bots` bots between them, on.

    Each is connected to one of `brokers`, in turn.

    The first user holds the one founding example. The fleet must have begun; its sandbox runs.

    Raises:
        Refusal: the sandbox will not have a person, or there are more users than seats.
        Transient: a store or the sandbox does not answer; call again.
    """
    names = tuple(islice(_names(), users))
    wiring.roster.add_users(names, wiring.clock.now())
    connected = _connect(wiring, settings, _ours(wiring, names), brokers)
    _seat(wiring)
    people = _ours(wiring, names)
    _add_bots(wiring, people, definitions(recorded=recorded), bots)
    return Population(len(people), len(wiring.roster.bots()), connected)


def definitions(*, recorded: bool) -> tuple[Definition, ...]:
    """Read the demo's kinds of bot, the founding example first."""
    folder = resources.files("botfleet.cli") / "demo_bots"
    folders = [folder / "recorded", folder] if recorded else [folder]
    files = [
        file
        for place in folders
        for file in sorted(place.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".yaml")
    ]
    kinds = [read(file.read_text(encoding="utf-8")) for file in files]
    return tuple(sorted(kinds, key=lambda kind: kind.name != FOUNDING))


def _names() -> Iterator[str]:
    """Give names without end: fifty first names, another last name each time round."""
    for turn in count():
        again = turn // len(_LAST)
        tail = f" {again + 1}" if again else ""
        for index, first in enumerate(_FIRST):
            yield f"{first} {_LAST[(index + turn) % len(_LAST)]}{tail}"


def _ours(wiring: Wiring, names: Sequence[str]) -> list[User]:
    """List the demo's users in the order of their names' list."""
    known = {user.name: user for user in wiring.roster.users()}
    return [known[name] for name in names]


def _seat(wiring: Wiring) -> None:
    homeless = wiring.layouts.welcome()
    if homeless:
        raise Refusal(
            f"{homeless} users found no seat; raise BOTFLEET_PODS, BOTFLEET_INSTANCES or "
            "BOTFLEET_USERS_PER_INSTANCE."
        )


def _connect(
    wiring: Wiring, settings: Settings, people: Sequence[User], brokers: Sequence[str]
) -> int:
    """Connect everyone without a living account; give how many."""
    dealt = zip(people, cycle(brokers), strict=False)
    lonely = [(user, broker) for user, broker in dealt if not _is_connected(wiring, user)]
    if not lonely:
        return 0
    browser = _Browser(wiring, settings)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return len(list(threads.map(lambda pair: browser.connect(*pair), lonely)))


def _is_connected(wiring: Wiring, user: User) -> bool:
    accounts = wiring.journal.accounts(user.user_id)
    return any(one.account_id == user.account_id and one.is_alive for one in accounts)


class _Browser:
    """Plays the person: opens an account, and consents on the broker's own page."""

    def __init__(self, wiring: Wiring, settings: Settings) -> None:
        self._connecting, self._secret = wiring.connect, admin_secret(settings)
        self._desk = desk(settings)

    def connect(self, user: User, broker: str) -> None:
        """Open the user's account unless it is open, and connect it."""
        username, password = _login(user.name, self._secret)
        self._desk.open_account(username, password)
        departure = self._connecting.depart(user.user_id, broker)
        self._connecting.arrive(user.user_id, consent(departure, username, password))


def desk(settings: Settings) -> SandboxDesk:
    """Give the sandbox's back door."""
    return SandboxDesk(settings.broker_base_url or "", admin_secret(settings))


def admin_secret(settings: Settings) -> str:
    """Give what opens the back door."""
    secret = settings.sandbox_admin
    return secret.get_secret_value() if secret else ""


def _login(name: str, secret: str) -> tuple[str, str]:
    username = name.lower().replace(" ", ".")
    return username, hmac.digest(secret.encode(), username.encode(), "sha256").hex()


def _add_bots(
    wiring: Wiring, people: Sequence[User], kinds: Sequence[Definition], wanted_count: int
) -> None:
    """Add the bots that are missing; those that are there are left alone."""
    there = {(bot.user_id, bot.name) for bot in wiring.roster.bots()}
    wanted = islice(_spread(people, kinds), wanted_count)
    missing = [
        _new(user, definition)
        for user, definition in wanted
        if (user.user_id, definition.name) not in there
    ]
    wiring.roster.add_bots(missing, wiring.clock.now())


def _spread(
    people: Sequence[User], kinds: Sequence[Definition]
) -> Iterator[tuple[User, Definition]]:
    """Deal bots without end: to each in turn another kind, to the first the founding example first.

    A user who has had every kind gets them again under numbered names.
    """
    founding, *others = kinds
    for turn in count() if people else ():
        again = turn // len(others)
        for place, user in enumerate(people):
            if turn == place == 0:
                yield user, founding
            else:
                kind = others[(place + turn) % len(others)]
                yield user, _variant(kind, place, again)


def _variant(kind: Definition, place: int, again: int) -> Definition:
    share = _ALLOCATION_PCT[(place + again) % len(_ALLOCATION_PCT)]
    allocation = Money(kind.limits.allocation.cents * share // 100)
    name = f"{kind.name} {again + 1}" if again else kind.name
    return replace(kind, name=name, limits=replace(kind.limits, allocation=allocation))


def _new(user: User, definition: Definition) -> NewBot:
    if user.account_id is None:
        raise Refusal(f"{user.name} has no connected account.")
    body, named = dump(definition), version(definition)
    return NewBot(user.user_id, user.account_id, definition, body, named, is_on=True)
