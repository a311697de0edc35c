"""What servers of federated networks know this portal as."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.kernel.base import Base, PublicId


class NetworkApp(PublicId, Base):
    """This portal as a server's application: asked for once, used for everybody of that server."""

    __tablename__ = "network_app"

    network: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(261))
    """Of the server, like https://social.example."""
    public_url: Mapped[str] = mapped_column(String(261))
    """Our own address when it was asked for: the server sends people back there and nowhere else."""
    client_id: Mapped[str] = mapped_column(String(255))
    sealed_secret: Mapped[str] = mapped_column(Text)
    profile_scope: Mapped[str] = mapped_column(String(64))
    """The narrowest scope there that tells who somebody is."""
    registered_at: Mapped[datetime]
    confirmed_at: Mapped[datetime]
    """When the server last still knew it; some forget applications that nobody used for a while."""

    __table_args__ = (UniqueConstraint("network", "origin", "public_url"),)
