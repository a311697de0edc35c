"""The form of a verdict policy: two choices for each check, and whose shares a person looks at anyway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from portal.kernel.form import FlaskForm
from portal.kernel.typed import WholeNumberField
from portal.shares.checks.finding import Severity
from portal.shares.checks.running import all_checks
from portal.shares.verdict import IfFailed, IfUnknown, Policy, Rule, Sampling, allowed

IF_FAILED: Mapping[IfFailed, LazyString] = {
    IfFailed.DECLINE: _l("it is declined"),
    IfFailed.FIX: _l("the fan mends it"),
    IfFailed.PERSON: _l("a person looks"),
    IfFailed.NOTE: _l("only noted"),
}
IF_UNKNOWN: Mapping[IfUnknown, LazyString] = {
    IfUnknown.PERSON: _l("a person looks"),
    IfUnknown.NOTE: _l("only noted"),
}
FIRST_MAX = 100
TRUSTED_MAX = 1000


def _number(label: LazyString, low: int, high: int) -> WholeNumberField:
    message = _l("Type a whole number from %(low)d to %(high)d.", low=low, high=high)
    return WholeNumberField(label, validators=[InputRequired(message), NumberRange(low, high, message)])


def _why() -> StringField:
    return StringField(
        _l("Why you change it"),
        validators=[DataRequired(_l("Say in a few words why. It is kept with the version.")), Length(max=300)],
    )


class SamplingForm(FlaskForm):
    """What doesn't depend on the checks."""

    version = HiddenField()
    previewed = HiddenField()
    """The choices that the preview on the page was made of."""
    first_reviewed = _number(_l("First shares of a newcomer that a person looks at"), 0, FIRST_MAX)
    trusted_after = _number(_l("Verified shares that make a good record"), 1, TRUSTED_MAX)
    review_others = BooleanField(_l("Look at everybody without a good record"))
    sample_percent = _number(_l("Percent of shares of people with a good record"), 0, 100)
    why = StringField(_l("Why you change it"), validators=[Length(max=300)])


def policy_form(policy: Policy | None = None, **values: Any) -> Any:
    """The form as sent, or filled with `policy`. Each check's fields offer what staff may choose for it."""
    fields: dict[str, Any] = {}
    for check in all_checks():
        failed, unknown = allowed(check.code)
        fields[f"failed_{check.code}"] = SelectField(
            choices=[SelectChoice(each.value, words) for each, words in IF_FAILED.items() if each in failed]
        )
        fields[f"unknown_{check.code}"] = SelectField(
            choices=[SelectChoice(each.value, words) for each, words in IF_UNKNOWN.items() if each in unknown]
        )
    made = type("PolicyForm", (SamplingForm,), fields)
    if policy is None:
        return made()
    return made(formdata=None, data={**values_of(policy), **values})


def values_of(policy: Policy) -> dict[str, Any]:
    """A policy as the form shows it."""
    values: dict[str, Any] = {
        "first_reviewed": policy.sampling.first_reviewed, "trusted_after": policy.sampling.trusted_after,
        "review_others": policy.sampling.review_others, "sample_percent": policy.sampling.sample_percent,
    }  # fmt: skip
    for check in all_checks():
        rule = policy.rule_of(check.code)
        values |= {f"failed_{check.code}": rule.failed.value, f"unknown_{check.code}": rule.unknown.value}
    return values


def policy_typed(form: Any) -> Policy:
    """What a valid form says."""
    rules = {
        check.code: Rule(IfFailed(form[f"failed_{check.code}"].data), IfUnknown(form[f"unknown_{check.code}"].data))
        for check in all_checks()
    }
    sampling = Sampling(
        form.first_reviewed.data, form.trusted_after.data, form.review_others.data, form.sample_percent.data
    )
    return Policy(rules=rules, sampling=sampling)


class WordForm(FlaskForm):
    """A word to watch for."""

    phrase = StringField(
        _l("Word or phrase"),
        validators=[DataRequired(_l("Type the word that should be watched for.")), Length(max=120)],
    )
    severity = RadioField(
        _l("How much it weighs"),
        choices=[
            SelectChoice(Severity.SERIOUS.value, _l("Serious: it does not pass, and the policy says what follows")),
            SelectChoice(Severity.DOUBTFUL.value, _l("Doubtful: a person looks, it may be harmless")),
        ],
        default=Severity.DOUBTFUL.value,
    )
    reason = TextAreaField(
        _l("Why not"),
        validators=[DataRequired(_l("Say why, in a sentence that the fan can read.")), Length(max=300)],
    )


class RetireForm(FlaskForm):
    """Why a word is not watched for any more."""

    why = _why()
