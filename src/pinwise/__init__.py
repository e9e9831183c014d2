"""pinwise: the best software stack for a Python project, with a proof and a reason for every pin."""
