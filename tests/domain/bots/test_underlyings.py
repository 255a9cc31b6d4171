from botfleet.adapters.botfile import read
from botfleet.domain.bots.underlyings import underlyings

BOT = """
botfleet: 1
name: Looks around
limits: {allocation: 5000, daily_positions: 2, open_positions: 2}
symbols: [TLT]
automations:
  - name: Everywhere
    lane: scanner
    tree:
      if:
        all:
          - {recipe: stock_price, symbol: SPY, relation: above, value: 1}
          - any:
            - {recipe: stock_volume, symbol: AAPL, relation: above, count: 1}
            - {recipe: stock_kind, symbol: IWM, kind: etf}
          - {recipe: stock_price, symbol: QQQ, relation: above, value: 1, held_for: 10}
      yes:
        loop: {symbols: [XOM, AMD]}
        do:
          open: {symbol: $symbol, structure: long_equity, size: {shares: 1}}
      no:
        open: {symbol: META, structure: long_equity, size: {shares: 1}}
"""


def test_a_bot_looks_at_every_symbol_its_author_named() -> None:
    """Its own list, groups, held conditions, loops and trades; the loop's own word is none."""
    named = {"TLT", "SPY", "IWM", "QQQ", "XOM", "AMD", "META", "AAPL"}
    assert underlyings(read(BOT)) == named
