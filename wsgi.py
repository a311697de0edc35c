"""The app object for any WSGI server and for the `flask` command."""

import sys

from config import ConfigurationError
from portal import create_app

try:
    app = create_app()
except ConfigurationError as problem:
    sys.exit(str(problem))
