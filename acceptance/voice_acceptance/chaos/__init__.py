"""Callers, an upstream and stores that fail at random."""
