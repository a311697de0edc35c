"""Flask's extensions: created once here, bound to the app in `create_app`."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

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
    """Whose requests are counted together: the person who is signed in, else the address.

    Of an IPv6 address the first 64 bits: the rest is anybody's to choose within one connection (RFC 4291, 2.5.1).
    """
    if current_user.is_authenticated:
        return f"person:{current_user.id}"
    address = ip_address(get_remote_address())
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"address:{ip_network((address, 64), strict=False).network_address}"
    return f"address:{address}"


limiter = Limiter(key_func=who_asks)
