"""Readers and writers of weights files."""
