"""Makes the bare app: settings, extensions, hooks. `portal.create_app` adds the rooms."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path

from flask_babel import lazy_gettext as _l
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from portal import extensions
from portal.kernel import access, queue
from portal.kernel.access import Permission
from portal.kernel.application import Portal
from portal.kernel.cli import kernel_commands
from portal.kernel.crypto import Box
from portal.kernel.database import engine_options
from portal.kernel.fetcher import Fetcher, FetchPolicy, user_agent
from portal.kernel.files import Files
from portal.kernel.formatting import init_formatting
from portal.kernel.images import remake
from portal.kernel.limits import use_limits
from portal.kernel.locale import RememberingDomain, choose_locale, choose_time_zone, init_texts
from portal.kernel.logs import configure_logs
from portal.kernel.macros import init_macros
from portal.kernel.web import end_session, init_web

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.1"
BODY_BYTES_MAX = 12 * 1024 * 1024
FORM_BYTES_MAX = 256 * 1024
COOKIE_LIFETIME = timedelta(days=180)
"""As long as a session can last. Whether it still does, the table of sessions says."""
STATIC_SECONDS = 365 * 24 * 3600


def make_app(settings: config.Settings | None) -> Portal:
    """The app with everything that no room owns."""
    settings = settings or config.load()
    app = Portal(
        "portal", root_path=str(ROOT / "portal"), template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )  # fmt: skip
    _configure(app, settings)
    configure_logs(settings.log_level, settings.log_format)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    init_web(app, form_targets=lambda: app.extensions["portal_form_targets"])
    _bind_extensions(app, settings)
    _open_ports(app, settings)
    app.before_request(access.enforce)
    app.jinja_env.globals["may"] = access.may
    app.jinja_env.globals["Permission"] = access.Permission
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_formatting(app)
    init_macros(app)
    _add_own_pages(app)
    return app


def _configure(app: Portal, settings: config.Settings) -> None:
    app.config.from_mapping(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_keys[0],
        SECRET_KEY_FALLBACKS=settings.secret_keys[1:],
        SESSION_COOKIE_NAME="__Host-portal" if settings.https else "portal",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=COOKIE_LIFETIME,
        # A picture that was asked for before somebody signed in, and comes after, would bring the older cookie back.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES_MAX,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS,
        SQLALCHEMY_DATABASE_URI=settings.resolved_database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.resolved_database_url),
        BABEL_DEFAULT_LOCALE=settings.languages[0],
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "portal" / "translations"),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open overnight still works
        WTF_CSRF_SSL_STRICT=True,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=4,
        COMPRESS_LEVEL=4,
        BRAND_LOGO=remake(settings.brand_logo.read_bytes()).thumbnail.data if settings.brand_logo else None,
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _open_ports(app: Portal, settings: config.Settings) -> None:
    """What the rooms reach the outside world and the machine's secrets through; they add sign-in's own to the lists."""
    app.extensions["portal_boxes"] = cache(lambda purpose: Box(settings.secret_keys, purpose))
    app.extensions["portal_files"] = Files(settings.resolved_storage_url)
    app.extensions["portal_fetcher"] = Fetcher(
        FetchPolicy(
            user_agent=user_agent(VERSION, f"{settings.public_url}/about-our-requests"),
            allow_origins=frozenset(settings.fetch_allow),
        )
    )
    app.extensions["portal_form_targets"] = []
    app.extensions["portal_foreign_posts"] = set()


def _add_own_pages(app: Portal) -> None:
    from portal.kernel import shell
    from portal.kernel.jobs import count_failed
    from portal.kernel.views import bp

    app.register_blueprint(bp)
    shell.add_entry(
        "staff",
        "kernel.failed_jobs",
        _l("Failed jobs"),
        icon="life-buoy",
        order=90,
        permission=Permission.OPERATE,
        count=lambda _person: count_failed(),
    )
    app.cli.add_command(kernel_commands)


def _bind_extensions(app: Portal, settings: config.Settings) -> None:
    extensions.db.init_app(app)
    app.teardown_appcontext(end_session)
    extensions.migrate.init_app(app, extensions.db, directory=str(ROOT / "migrations"), render_as_batch=True)
    extensions.login.init_app(app)
    extensions.csrf.init_app(app)
    extensions.compress.init_app(app)
    extensions.babel.init_app(app, locale_selector=choose_locale, timezone_selector=choose_time_zone)
    extensions.babel.domain_instance = RememberingDomain()
    init_texts(app)
    use_limits(app, settings)
    opened = queue.open_queue(settings.resolved_queue_url)
    app.extensions["portal_queue"] = opened
    queue.connect(app, opened)
