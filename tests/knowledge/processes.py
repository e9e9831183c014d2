"""Child processes of a test: forked, so that they begin at once, and judged by what they return."""

import os
import traceback
from collections.abc import Callable, Sequence

Task = Callable[[], bool]


def start(task: Task) -> int:
    """Run `task` in a child process and return its id."""
    child = os.fork()
    if not child:
        status = 2
        try:
            status = 0 if task() else 1
        except BaseException:  # noqa: BLE001  # a child must not go on as a second test run
            traceback.print_exc()
        finally:
            os._exit(status)
    return child


def wait(child: int) -> int:
    """Return the exit status of a child: 0 if its task returned true."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_all(tasks: Sequence[Task]) -> list[int]:
    """Run tasks side by side and return their exit statuses."""
    return [wait(child) for child in [start(task) for task in tasks]]
