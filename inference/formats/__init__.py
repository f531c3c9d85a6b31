"""Readers of weights files."""
