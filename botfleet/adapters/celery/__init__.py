"""Celery: carries pointers to rows, nothing else."""
