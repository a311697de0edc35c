"""CSV out, safe to open in a spreadsheet; CSV in, from whatever spreadsheet wrote it.

Out follows RFC 4180. A cell of text that a spreadsheet would run as a formula gets an apostrophe in front,
which reading takes off again. Source: OWASP, "CSV Injection".
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from flask_babel import LazyString, lazy_gettext

Cell = str | int | float | Decimal | bool | date | datetime | None

BYTES_MAX = 5 * 1024 * 1024
ROWS_MAX = 50_000
CELL_CHARACTERS_MAX = 10_000
_DELIMITERS = (",", ";", "\t")
# the wide forms are what some East Asian spreadsheets read as the plain ones
_STARTS_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


class CsvRefused(Exception):
    """This file is not read.

    `reason_code`: too_large, too_many_rows, cell_too_long, empty, not_text, missing_column. `sentence` tells the
    person what to do; `line_number` is where, None if it is about the whole file.
    """

    def __init__(self, reason_code: str, sentence: LazyString, line_number: int | None = None) -> None:
        super().__init__(reason_code)
        self.reason_code = reason_code
        self.sentence = sentence
        self.line_number = line_number


@dataclass(frozen=True)
class Row:
    """One record; `line_number` is where it begins in the file, counted from 1 as an editor does."""

    line_number: int
    cells: tuple[str, ...]


def neutralised(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _STARTS_FORMULA.match(text) else text


def restored(cell: str) -> str:
    """What `neutralised` was given."""
    return cell[1:] if cell.startswith("'") and _STARTS_FORMULA.match(cell) else cell


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Each of `rows` as one CSV record with its line end, ready to be streamed.

    Numbers stay numbers, negative ones too; None is an empty cell; dates are ISO 8601; text is neutralised.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_written(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """`rows` as a whole UTF-8 file, led by the mark without which Excel reads it as Windows-1252."""
    return codecs.BOM_UTF8 + "".join(csv_lines(rows)).encode("utf-8", "replace")


def read_rows(data: bytes) -> list[Row]:
    """The rows of an uploaded file that are not blank: UTF-8, UTF-16 or Windows-1252, separated by , ; or tab.

    Cells lose blanks at both ends and the apostrophe of `neutralised`. Raises CsvRefused.
    """
    text = _text_of(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text))
    rows: list[Row] = []
    begins_at = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error:
            raise _cell_too_long(begins_at) from None
        cells = tuple(restored(cell).strip() for cell in record)
        if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
            raise _cell_too_long(begins_at)
        if any(cells):
            rows.append(Row(begins_at, cells))
        if len(rows) > ROWS_MAX:
            raise CsvRefused(
                "too_many_rows",
                lazy_gettext("This file has more than 50,000 rows. Upload it in parts."),
                begins_at,
            )
        begins_at = reader.line_num + 1
    if not rows:
        raise CsvRefused("empty", lazy_gettext("This file has no rows. Choose the file with your data in it."))
    return rows


def read_table(data: bytes, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Line number and named cells of each row below a header; columns beside `columns` are left out.

    Names are compared without regard to case; a row that is too short has empty cells. Raises CsvRefused.
    """
    header, *rows = read_rows(data)
    places = {name.casefold(): place for place, name in reversed(list(enumerate(header.cells)))}
    for name in columns:
        if name.casefold() not in places:
            raise CsvRefused(
                "missing_column",
                lazy_gettext("The column “%(name)s” is missing. Add it to the first line of the file.", name=name),
                header.line_number,
            )
    return [
        (row.line_number, {name: "".join(row.cells[places[name.casefold()] :][:1]) for name in columns}) for row in rows
    ]


def _written(cell: Cell) -> str | int | float | Decimal:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float | Decimal):
        return cell
    return cell.isoformat() if isinstance(cell, date) else neutralised(cell)


def _text_of(data: bytes) -> str:
    if len(data) > BYTES_MAX:
        raise CsvRefused("too_large", lazy_gettext("This file is larger than 5 MB. Upload it in parts."))
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise CsvRefused(
            "not_text",
            lazy_gettext("This is not a CSV file. Save your table as “CSV UTF-8” and upload that."),
        )
    return text


def _delimiter_of(text: str) -> str:
    """The separator that the first line has most of outside its quotes; a comma if it has none."""
    first_line = re.sub(r'"[^"]*"', "", text.lstrip("\r\n")).splitlines()[:1]
    return max(_DELIMITERS, key="".join(first_line).count)


def _cell_too_long(line_number: int) -> CsvRefused:
    return CsvRefused(
        "cell_too_long",
        lazy_gettext("A cell here is longer than 10,000 characters. Check that every quotation mark is closed."),
        line_number,
    )
