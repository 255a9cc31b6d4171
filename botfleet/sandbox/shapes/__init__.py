"""The five wires the sandbox speaks, a module a broker."""

from botfleet.sandbox.shape import Shape
from botfleet.sandbox.shapes.alpaca import AlpacaShape
from botfleet.sandbox.shapes.schwab import SchwabShape
from botfleet.sandbox.shapes.tastytrade import TastytradeShape
from botfleet.sandbox.shapes.tradestation import TradeStationShape
from botfleet.sandbox.shapes.tradier import TradierShape

SHAPES: tuple[Shape, ...] = (
    TradierShape(),
    SchwabShape(),
    TradeStationShape(),
    TastytradeShape(),
    AlpacaShape(),
)
