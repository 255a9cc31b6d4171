from tests.application.conftest import house, schema

__all__ = ["house", "schema"]
