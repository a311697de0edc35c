"""The words for goals and steps, in one place."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from portal.campaigns.models import CampaignState, PrimaryGoal

GOALS = {
    PrimaryGoal.AWARENESS: _l("Awareness"),
    PrimaryGoal.LEADS: _l("Leads"),
    PrimaryGoal.SALES: _l("Sales"),
    PrimaryGoal.RECRUITMENT: _l("Recruitment"),
    PrimaryGoal.THOUGHT_LEADERSHIP: _l("Thought leadership"),
    PrimaryGoal.COMMUNITY: _l("Community"),
}

GOAL_DETAILS = {
    PrimaryGoal.AWARENESS: _l("More of the right people know you"),
    PrimaryGoal.LEADS: _l("People ask, book or sign up"),
    PrimaryGoal.SALES: _l("People buy"),
    PrimaryGoal.RECRUITMENT: _l("People apply to work with you"),
    PrimaryGoal.THOUGHT_LEADERSHIP: _l("Your view counts in your field"),
    PrimaryGoal.COMMUNITY: _l("People come together and stay"),
}

STEPS = {
    CampaignState.RUNNING: _l("Start the season now"),
    CampaignState.WRAPPING_UP: _l("Start wrapping up"),
    CampaignState.CLOSED: _l("Close the season"),
}

STEP_DETAILS = {
    CampaignState.RUNNING: _l("Its open missions can be claimed."),
    CampaignState.WRAPPING_UP: _l("Nobody can claim any more. Claims that people hold keep their time."),
    CampaignState.CLOSED: _l("This is final: a closed season does not run again."),
}
