"""Strategies that find a stack in a space; see README.md beside this file."""
