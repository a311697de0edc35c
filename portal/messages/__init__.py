"""Messages: the inbox, e-mail, and what people choose to get. It hears of what happens in the rooms below."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register pages, listeners, jobs and the transport. Raises ConfigurationError for a wrong PORTAL_MAIL_URL."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry, add_figure
    from portal.messages.queries import unread
    from portal.messages.transports import transport_for
    from portal.messages.views import bp

    load_modules(__name__, "announcing", "sending")
    load_modules(__name__, "account_news", "points_news", "recognition_news", "reward_news", "share_news")
    app.extensions["portal_mail"] = transport_for(app.config["SETTINGS"])
    app.register_blueprint(bp)
    add_entry("nav", "messages.inbox", _l("Inbox"), icon="bell", order=70, count=lambda person: unread(person.id))
    add_figure("unread", lambda person: unread(person.id))
