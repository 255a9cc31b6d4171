"""Bot files the verbs' tests use: put spreads of SPY, QQQ and TLT, sold for 50 cents a share.

The spread sells the 490 put at 1.00 and buys the 485 put at 0.50, each 2 cents wide: its middle is
-0.50 and its far side -0.48, so a unit at the far side can lose (5.00 - 0.48) x 100 = 452 dollars.
"""

UNIT = 45_200

SPREAD = """
            symbol: {symbol}
            structure: short_put_spread
            expiration: {{exactly: 3}}
            strikes: {{short_put: {{offset: -10}}, long_put: {{width: -5, of: short_put}}}}
            size: {size}
"""


def spread(symbol: str = "SPY", size: str = "{contracts: 1}", exits: str = "{}") -> str:
    text = SPREAD.format(symbol=symbol, size=size)
    return text + (f"            exits: {exits}\n" if exits != "{}" else "")


def bot(*automations: str, name: str = "Test", limits: str = "10000, 3, 3") -> str:
    allocation, daily, held = limits.split(",")
    return f"""
botfleet: 1
name: {name}
limits: {{allocation: {allocation}, daily_positions: {daily}, open_positions: {held}}}
symbols: [SPY]
interval: 15
automations:
{"".join(automations)}
"""


def scanner(open_: str, name: str = "Open", above: int = 1) -> str:
    return f"""
  - name: {name}
    lane: scanner
    tree:
      if: {{recipe: stock_price, symbol: SPY, relation: above, value: {above}}}
      "yes":
        open: {open_}
      "no": nothing
"""


def looped(open_: str) -> str:
    return f"""
  - name: Loop
    lane: scanner
    tree:
      loop: {{symbols: [SPY, QQQ, TLT]}}
      do:
        open: {open_}
"""


def closer(name: str = "Close all") -> str:
    return f"""
  - name: {name}
    lane: monitor
    tree:
      loop: positions
      do: close
"""


def monitor(open_: str) -> str:
    return f"""
  - name: Monitor that opens
    lane: monitor
    tree:
      open: {open_}
"""


def button(label: str, open_: str) -> str:
    return scanner(open_, f"Press {label}").replace(
        "lane: scanner", f"lane: button\n    label: {label}"
    )
