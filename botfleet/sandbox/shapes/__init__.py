"""The wires the sandbox speaks, a module a broker."""

from botfleet.sandbox.shape import Shape
from botfleet.sandbox.shapes.tradier import TradierShape

SHAPES: tuple[Shape, ...] = (TradierShape(),)
