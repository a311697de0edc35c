"""Moderation: the review queue for whatever needs a person, what was decided, and by whom."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the console, its place in the navigation, and the desks that the rooms below put their cases on."""
    from flask_babel import lazy_gettext as _l

    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry
    from portal.moderation.desk import Desk, ProblemDesk
    from portal.moderation.reasons import sentences
    from portal.moderation.staff import bp
    from portal.moderation.standing import counting_open
    from portal.rewards.ports import use_problem_desk
    from portal.shares.ports import use_review_desk
    from portal.shares.wording import explains_decisions

    load_modules(__name__, "closely", "problem_staff")
    app.register_blueprint(bp)
    use_review_desk(Desk())
    use_problem_desk(ProblemDesk())
    explains_decisions(sentences())
    add_entry(
        "staff", "moderation.queue", _l("Review"), icon="search-check", order=10, permission=Permission.USE_QUEUE,
        prefixes=("/staff/review",), counted=counting_open,
    )  # fmt: skip
