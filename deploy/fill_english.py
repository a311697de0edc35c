"""English is the language of the source, so its catalogue repeats the source. Part of `make messages`."""

from pathlib import Path

from babel.messages.pofile import read_po, write_po

ENGLISH = Path(__file__).parents[1] / "portal/translations/en/LC_MESSAGES/messages.po"

with ENGLISH.open("rb") as file:
    catalogue = read_po(file, locale="en")
for message in catalogue:
    if message.id:
        message.string = message.id
with ENGLISH.open("wb") as file:
    write_po(file, catalogue, sort_output=True)
