"""Numbers in base 58, as Flickr's short links write them: no 0, no O, no I, no l."""

_VALUES = {letter: value for value, letter in enumerate("123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ")}


def number_of(text: str) -> int:
    """The number that `text` writes. Raises KeyError for a letter that is none of the 58."""
    number = 0
    for letter in text:
        number = number * 58 + _VALUES[letter]
    return number
