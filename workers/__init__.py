"""The Celery side of the door: one thin module a family of tasks."""
