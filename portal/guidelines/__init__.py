"""Guidelines: what people read and follow, in versions, and who acknowledged which."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the pages of fans and staff."""
    from flask_babel import lazy_gettext as _l

    from portal.guidelines import queries, staff, views
    from portal.kernel.access import Permission
    from portal.kernel.loading import load_modules
    from portal.kernel.shell import add_entry

    load_modules(__name__, "drafts_staff")
    app.register_blueprint(views.bp)
    app.register_blueprint(staff.bp)
    add_entry(
        "nav", "guidelines.index", _l("Guidelines"), icon="book-open", order=60,
        count=lambda person: len(queries.missing_acknowledgements(person.id)),
    )  # fmt: skip
    add_entry(
        "staff", "guidelines_staff.index", _l("Guidelines"), icon="book-open", order=40,
        permission=Permission.MANAGE_GUIDELINES,
    )  # fmt: skip
