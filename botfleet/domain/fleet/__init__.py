"""Pods, instances and seats."""
