"""Flask's extensions: created once here, bound to the app in `create_app`."""

from __future__ import annotations

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from portal.kernel.base import Base

db = SQLAlchemy(metadata=Base.metadata)  # tables inherit from Base itself, so that they are typed
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()
compress = Compress()
babel = Babel()


def who_asks() -> str:
    """Whose requests are counted together: the person who is signed in, else the address."""
    return f"person:{current_user.id}" if current_user.is_authenticated else f"address:{get_remote_address()}"


limiter = Limiter(key_func=who_asks)
