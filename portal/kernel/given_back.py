"""What somebody typed into a form that can't be taken now, for browsers without scripts, which keep no drafts.

It is shown on the page that says so, to be copied. Only what came from a page of ours is: a stranger's form must not
put words on our pages.
"""

from __future__ import annotations

from flask import request

from portal.kernel.logs import SECRET_NAMES

TEXTS_MAX = 20


def typed_texts(*, from_our_page: bool) -> list[str]:
    """The sentences in the form that was sent, in its order; single words and numbers are typed again soon."""
    if request.method != "POST" or not from_our_page:
        return []
    fields = request.form.items(multi=True)
    return [typed for name, typed in fields if " " in typed.strip() and not SECRET_NAMES.search(name)][:TEXTS_MAX]
