"""What every form of ours is made of."""

from __future__ import annotations

from typing import Any

import flask_wtf
from flask import request
from flask_wtf.file import FileField
from werkzeug.datastructures import CombinedMultiDict, MultiDict


class FlaskForm(flask_wtf.FlaskForm):
    """Gives files to the fields that ask for files: one that is sent under another field's name is left out.

    Flask-WTF gives a field whatever has its name, files first; a field for text can't read one.
    """

    class Meta(flask_wtf.FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            sent = super().wrap_formdata(form, formdata)
            if not isinstance(sent, CombinedMultiDict):
                return sent
            asked = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, each) for name, each in request.files.items(multi=True) if name in asked]
            return CombinedMultiDict([MultiDict(files), request.form])
