"""What every value of pinwise is made with: `dataclass`, `field` and `replace`.

For a reader and a type checker they are those of `dataclasses`, and they do the same. What runs is
`pinwise.model.late_dataclass`, which costs a process a tenth of the time.
"""

TYPE_CHECKING = False  # as `typing` has it
if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    from pinwise.model.late_dataclass import dataclass, field, replace

__all__ = ["dataclass", "field", "replace"]
