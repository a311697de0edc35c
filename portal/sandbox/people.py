"""The demo people: invented, each with an account at the identity provider and one on Perch.

`part` is what somebody is told who has to choose one of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoPerson:
    subject: str
    given_name: str
    family_name: str
    email: str
    locale: str
    zoneinfo: str
    part: str
    handle: str
    bio: str
    followers: int

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        "robin", "Robin", "Ashe", "robin.ashe@example.org", "en-GB", "Europe/London",
        "Newcomer. Has not joined yet: start here",
        "robinstartsout", "New boots, no blisters yet.", 85),
    DemoPerson(
        "maya", "Maya", "Okafor", "maya.okafor@example.org", "en-GB", "Europe/London",
        "Ambassador. Walks, mends and hosts in Kendal",
        "mayaonfoot", "Long walks, short posts. Kendal. I mend what the fells undo.", 1840),
    DemoPerson(
        "nils", "Nils", "Ekström", "nils.ekstrom@example.org", "en-GB", "Europe/Stockholm",
        "Ambassador. Trail runner who films everything",
        "nilsontrails", "Runs uphill, films downhill. Östersund.", 5210),
    DemoPerson(
        "teo", "Teo", "Brandt", "teo.brandt@example.org", "en-GB", "Europe/London",
        "Ambassador. Commutes by bike in all weathers",
        "teorides", "Leeds by bike. Panniers, puddles and patched jackets.", 960),
    DemoPerson(
        "ines", "Ines", "Carvalho", "ines.carvalho@example.org", "en-GB", "Europe/Lisbon",
        "Ambassador. Climbs, draws and writes about it",
        "inesdraws", "Rock, ink and salt water. Sintra.", 3475),
    DemoPerson(
        "ruth", "Ruth", "Adeyemi", "ruth.adeyemi@example.org", "en-GB", "Europe/London",
        "Ambassador. Runs a mending table in Hull",
        "ruthmends", "Saturday mending table, Hull. Bring the thing you nearly threw away.", 1120),
    DemoPerson(
        "pavel", "Pavel", "Novak", "pavel.novak@example.org", "en-GB", "Europe/Prague",
        "Ambassador. Photographs huts and night skies",
        "pavelafterdark", "Huts, stars and long exposures. Brno.", 8930),
    DemoPerson(
        "aoife", "Aoife", "Byrne", "aoife.byrne@example.org", "en-GB", "Europe/Dublin",
        "Ambassador. Sea swimmer, back after a rest",
        "aoifeinthesea", "In the sea before work. Galway.", 640),
    DemoPerson(
        "sam", "Sam", "Whitlock", "sam.whitlock@example.org", "en-GB", "Europe/London",
        "Ambassador. Ridge walker with much to say",
        "samontheridge", "Ridges, maps and opinions about flapjack.", 2205),
    DemoPerson(
        "lena", "Lena", "Fischer", "lena.fischer@example.org", "de-DE", "Europe/Berlin",
        "Ambassador. Reads the portal in German",
        "lenaunterwegs", "Mit Rucksack und Nähzeug unterwegs. Ulm.", 1510),
    DemoPerson(
        "gwen", "Gwen", "Pritchard", "gwen.pritchard@example.org", "en-GB", "Europe/London",
        "Ambassador. Edits what she posts",
        "gwenandthegoat", "Bethesda. Yes, there is an actual goat.", 1470),
    DemoPerson(
        "col", "Colin", "Usher", "colin.usher@example.org", "en-GB", "Europe/London",
        "Ambassador. Walks the coast, posts by lamplight",
        "coastalcol", "Whitby. Coast path, flask, dog called Pilchard.", 290),
    DemoPerson(
        "tamsin", "Tamsin", "Trewin", "tamsin.trewin@example.org", "en-GB", "Europe/London",
        "Ambassador. Writes her own captions",
        "tamsinmends", "St Ives. Sails, sleeves, anything with a tear in it.", 3120),
    DemoPerson(
        "jonas", "Jonas", "Lindqvist", "jonas@hollinfell.example", "en-GB", "Europe/London",
        "Staff: moderator. Decides what checks cannot",
        "jonasathollin", "Looks after Trailmates at Hollin Fell. Opinions mended on request.", 410),
    DemoPerson(
        "greta", "Greta", "Holm", "greta@hollinfell.example", "en-GB", "Europe/London",
        "Staff: manager. Looks after people and points",
        "gretaholm", "Community at Hollin Fell. Tea, then trails.", 730),
    DemoPerson(
        "dev", "Dev", "Malhotra", "dev@hollinfell.example", "en-GB", "Europe/London",
        "Staff: marketer. Plans seasons and missions",
        "devmalhotra", "Seasons, stories and the odd spreadsheet. Hollin Fell.", 1290),
    DemoPerson(
        "imogen", "Imogen", "Hale", "imogen@hollinfell.example", "en-GB", "Europe/London",
        "Staff: admin. May do everything",
        "imogenhale", "Keeps the lights on at Hollin Fell.", 205),
)  # fmt: skip
