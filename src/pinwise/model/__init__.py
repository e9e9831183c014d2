"""Frozen values that every other floor speaks: no I/O, no clock, no policy."""
