"""Shares: what fans hand in, what is seen of it, what the checks say, and the life of it after payment."""

from flask import Flask

from config import ConfigurationError


def init_app(app: Flask) -> None:
    """Register pages and jobs, and give other rooms what they ask shares for.

    Raises ConfigurationError where the rules of disclosure can't be read.
    """
    from flask_babel import lazy_gettext as _l

    from portal.accounts.ports import use_network_guide
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry
    from portal.missions.ports import use_claim_status, use_posts_for_us, use_repeats
    from portal.shares import posted_for_us, queries
    from portal.shares.cli import platform_commands, share_commands
    from portal.shares.composer_views import bp as composer
    from portal.shares.disclosure.loading import BadRules, rulebook
    from portal.shares.disclosure_cli import disclosure_commands
    from portal.shares.guide import Guide
    from portal.shares.hosts import StoredHosts
    from portal.shares.kept_answers import StoredAnswers
    from portal.shares.platforms.registry import Networks
    from portal.shares.signal_staff import bp as signals
    from portal.shares.staff import bp as staff
    from portal.shares.staff_of_things import bp as staff_of_things
    from portal.shares.verdict_words import found_sentence
    from portal.shares.views import bp

    load_modules(
        __name__, "bonus_audit", "bonus_jobs", "counting_jobs", "explaining", "inviting_jobs", "jobs", "kind_views",
        "screenshot_views",
    )  # fmt: skip
    try:
        app.extensions["portal_disclosure"] = rulebook(app.config["SETTINGS"].disclosure_folder)
    except BadRules as problem:
        raise ConfigurationError(f"PORTAL_DISCLOSURE_FOLDER holds rules that can't be used: {problem}") from None
    app.extensions["portal_networks"] = Networks(app.config["SETTINGS"], StoredHosts())
    app.extensions["portal_fetcher"].remember_with(StoredAnswers())
    app.register_blueprint(bp)
    app.register_blueprint(composer)
    app.register_blueprint(staff)
    app.register_blueprint(signals)
    app.register_blueprint(staff_of_things)
    app.jinja_env.globals["found_words"] = found_sentence
    add_entry(
        "staff", "shares_staff.index", _l("Verdicts"), icon="scale", order=15, permission=Permission.SET_VERDICTS,
        prefixes=("/staff/verdicts", "/staff/signals"),
    )  # fmt: skip
    add_entry(
        "staff", "handed_in_staff.gallery", _l("Gallery"), icon="image", order=27, permission=Permission.MANAGE_MISSIONS
    )
    app.cli.add_command(platform_commands)
    app.cli.add_command(share_commands)
    app.cli.add_command(disclosure_commands)
    use_network_guide(Guide())
    use_claim_status(queries.claim_statuses)
    use_posts_for_us(posted_for_us.posts_for_us)
    use_repeats(posted_for_us.repeated_captions)
