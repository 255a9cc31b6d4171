"""What a trade may bring, held against what it may cost; criteria and recipes ask here alike.

A profit that nothing limits is infinite: above any bound.
"""

from decimal import Decimal
from math import inf

from botfleet.domain.trades.opportunities import Opportunity


def max_gain(trade: Opportunity) -> Decimal | float:
    """Give the most one unit can gain, in dollars."""
    return inf if trade.max_profit is None else trade.max_profit.dollars


def reward_risk(trade: Opportunity) -> Decimal | float | None:
    """Give max profit over max loss (golden: width 2.00, credit 0.50 is 0.33); None of no risk."""
    loss = trade.max_loss.dollars
    if loss <= 0:
        return None
    return inf if trade.max_profit is None else trade.max_profit.dollars / loss


def is_favorable(trade: Opportunity) -> bool | None:
    """Say whether the reward outweighs the chance of missing it: p · reward > (1 - p) · risk.

    None while the chance is not known, or where nothing limits the profit.
    """
    if trade.odds is None or trade.max_profit is None:
        return None
    chance = trade.odds.max_profit
    return trade.max_profit.cents * chance > trade.max_loss.cents * (1 - chance)
