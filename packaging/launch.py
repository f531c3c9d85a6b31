"""What the packaged application starts with, and its engine's process too."""

import sys

from app.__main__ import main

sys.exit(main())
