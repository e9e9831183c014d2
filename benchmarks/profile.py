"""Profile a warm and a cold run of a requirement set; all of it is in `phases.py`.

    python benchmarks/profile.py --slice slice.zip --set benchmarks/sets/7-scheduler.txt --svg profile

The standard library has a `profile` too, which `cProfile` imports. So this folder goes to the end of the
path, and a program beside this one that asks for a module of this name gets the one that it means.
"""

import importlib
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:] = [*(path for path in sys.path if Path(path).resolve() != _HERE), str(_HERE)]

if __name__ == "__main__":
    from phases import main

    main()
else:
    del sys.modules[__name__]
    sys.modules[__name__] = importlib.import_module(__name__)
