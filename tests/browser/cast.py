"""Who of the demo community does what in these tests, so that no two tests lead the same life."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Member:
    """Somebody who joined long ago, with a proved account on Perch and points to spend."""

    name: str
    handle: str


NILS = Member("Nils Ekström", "nilsontrails")
"""Has a browser without scripts."""
PAVEL = Member("Pavel Novak", "pavelafterdark")
"""Uses no mouse."""
RUTH = Member("Ruth Adeyemi", "ruthmends")
"""Clicks everything twice."""
SAM = Member("Sam Whitlock", "samontheridge")
"""Gets addresses wrong, and rides on trains."""
AOIFE = Member("Aoife Byrne", "aoifeinthesea")
"""Reads her mail."""
TEO = Member("Teo Brandt", "teorides")
"""Looks at every page, in the dark and with large letters."""
TAMSIN = Member("Tamsin Trewin", "tamsinmends")
"""Writes captions of her own."""
COLIN = Member("Colin Usher", "coastalcol")
"""Writes his on a phone without scripts."""

INES = Member("Ines Carvalho", "inesdraws")
"""Pays the rest by card, on a phone, and is good company there."""
MAYA = Member("Maya Okafor", "mayaonfoot")
"""Does so without scripts. Waits for a decision about her answer to a newcomer."""

GWEN = Member("Gwen Pritchard", "gwenandthegoat")
"""Edits and deletes what she posted."""

JONAS = Member("Jonas Lindqvist", "jonasathollin")
"""Moderates."""
DEV = Member("Dev Malhotra", "devmalhotra")
"""Plans missions."""
IMOGEN = Member("Imogen Hale", "imogenhale")
"""May do everything."""

KIT_MISSION = "What is in your repair kit?"
"""Pays 80 points at once, and asks for a disclosure, the link and a tag: all stand in its share kit."""
LAYERS_MISSION = "Three layers for a wet weekend"
WALK_MISSION = "Your wettest walk, and what kept you dry"
"""Pays 60 points at once and 40 after a hold."""
TABLE_MISSION = "Hold a repair table and tell us"
"""Takes a report, which a person reads."""
ANSWER_MISSION = "Answer a newcomer’s question"
PATCH_MISSION = "Draw the patch you wish you had"
"""Takes a post, or pictures with permission to use them."""
THREAD_REWARD = "Darning thread, three colours"
"""Costs 80 points."""
FLEECE_REWARD = "Mended one-off fleece"
"""Costs 600 points and £10.60."""
PARCEL_REWARD = "Undyed wool hat"
"""Costs 1,600 points, is sent, in two sizes."""
LAST_REWARD = "Darned walking socks, one pair"
"""There is one, for 150 points."""
DISCLOSED = "Ad: Hollin Fell rewards me for this."
