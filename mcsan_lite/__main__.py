"""`python -m mcsan_lite` is `mcsan`, also where the folder of commands is not on the PATH."""

import sys

from mcsan_lite.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
