from tests.sandbox.conftest import broker

__all__ = ["broker"]
