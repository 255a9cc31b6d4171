"""How a bot stands as its batch begins: its pool, its slots, its positions."""

from dataclasses import dataclass, replace
from datetime import date

from botfleet.domain.bots.bot import Limits
from botfleet.domain.bots.safeguards import Mode
from botfleet.domain.eastern import day_of
from botfleet.domain.ids import AccountId, BotId, PositionId, UserId
from botfleet.domain.positions.position import Position, PositionState, floating
from botfleet.domain.schedules.hours import Hours
from botfleet.domain.trees.facts import NO_CAPITAL, Book
from botfleet.domain.trees.memory import Change, of_position, tagged

#: The names of the three limits as an owner reads them (S62, S95).
POSITION_LIMIT, DAILY_LIMIT = "open_positions", "daily_positions"
#: Why an account cannot be traded on just now, whatever its bots may do.
RECOVERING, BROKER_DOWN = "recovering", "broker_down"


@dataclass(frozen=True, slots=True)
class BotState:
    """One bot under its limits; amounts in cents. `day_n` counts opens of the session `day`.

    `symbols` are those it used in the session `symbols_day`. `barred` says why its account cannot
    be traded on just now; its trees are walked all the same, and what they want to open is refused
    before any capital is held: while it is recovering, what they want to close too. `hours` are its
    account's. Where it is not `is_on` its automations do not run.
    """

    bot_id: BotId
    user_id: UserId
    account_id: AccountId
    version: str
    limits: Limits
    epoch: int
    committed: int
    pending: int
    gains: int
    holding_n: int
    day: date
    day_n: int
    positions: tuple[Position, ...]
    mode: Mode = Mode.ACTIVE
    may_day_trade: bool = True
    symbols_day: date | None = None
    symbols: tuple[str, ...] = ()
    barred: str = ""
    hours: Hours = Hours()
    is_on: bool = True

    @property
    def available(self) -> int:
        """What the next draw may take."""
        return max(0, self.limits.allocation.cents - self.committed - self.pending)

    @property
    def net_liquidation(self) -> int:
        """The allocation with what was gained, and what is being gained as last watched."""
        return self.limits.allocation.cents + self.gains + floating(self.positions)

    def refusal(self, today: date) -> str:
        """Name the switch or limit that forbids another open, empty while there is room (R11)."""
        if self.mode is not Mode.ACTIVE:
            return self.mode.value
        if self.holding_n >= self.limits.open_positions:
            return POSITION_LIMIT
        if self.opened_on(today) >= self.limits.daily_positions:
            return DAILY_LIMIT
        return "" if self.available > 0 else NO_CAPITAL

    def may_leave(self, position: Position, today: date) -> bool:
        """Say whether the bot may close it today: where day trading is blocked, not on its first.

        Nor while nobody knows whether it still has it. Expiration closes, and what its owner does
        by hand, ask nobody.
        """
        is_free = self.may_day_trade or day_of(position.opened_at) != today
        return is_free and self.barred != RECOVERING

    def symbols_on(self, today: date) -> tuple[str, ...]:
        """Give the symbols it has used in the session `today`."""
        return self.symbols if self.symbols_day == today else ()

    def opened_on(self, today: date) -> int:
        """Count the opens of session `today`."""
        return self.day_n if self.day == today else 0

    def book(self, today: date, symbols_n: int = 0) -> Book:
        """Show what the bot's tree may see of it."""
        return Book(
            self.positions,
            self.limits.allocation.cents,
            self.available,
            self.net_liquidation,
            self.opened_on(today),
            self.refusal(today) or self.barred,
            symbols_n,
        )

    def after_draw(
        self, amount: int, today: date, opening: tuple[Position, ...] = ()
    ) -> "BotState":
        """Stand as after one more grant and what it opens: later rounds of the batch see it."""
        opened = self.opened_on(today) + 1
        return replace(
            self,
            pending=self.pending + amount,
            holding_n=self.holding_n + 1,
            day=today,
            day_n=opened,
            positions=self.positions + opening,
        )

    def after_tagging(self, change: Change) -> "BotState":
        """Stand as after the tags of one of its positions were changed."""
        positions = tuple(
            replace(one, tags=tagged(one.tags, change))
            if of_position(one.position_id) == change.subject
            else one
            for one in self.positions
        )
        return replace(self, positions=positions)

    def after_close(self, position_id: PositionId) -> "BotState":
        """Stand as after a close was handed over: nobody else sees that position as open."""
        positions = tuple(
            replace(one, state=PositionState.CLOSING) if one.position_id == position_id else one
            for one in self.positions
        )
        return replace(self, positions=positions)
