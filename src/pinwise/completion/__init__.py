"""Completion in a shell: what may stand next on a command line, within 50 ms for the whole process.

So nothing here imports what the commands need: no click, no settings, no store. What is said of commands and
options stands in ``commands.txt``, which `docs/generate.py` makes from the commands themselves.
"""
