"""Exports are text: a spreadsheet computes nothing from them, and what was written can be read back."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel import csv_text
from portal.kernel.csv_text import (
    CsvRefused,
    csv_bytes,
    csv_lines,
    neutralised,
    read_rows,
    read_table,
    restored,
)

texts = st.one_of(
    st.text(st.characters(codec="utf-8")),
    st.lists(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "'", '"', ",", ";", "a", " ", "＝"])).map("".join),
)


def parsed(rows):
    return list(csv.reader(io.StringIO("".join(csv_lines(rows)), newline="")))


@given(texts)
def test_no_cell_of_text_starts_a_formula_and_none_is_changed_otherwise(text):
    cell = neutralised(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert cell in (text, "'" + text)
    assert restored(cell) == text


@given(st.lists(st.lists(texts, min_size=1, max_size=5), max_size=5))
def test_what_is_written_can_be_read_back(rows):
    assert [[restored(cell) for cell in row] for row in parsed(rows)] == rows


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0")).map(str.strip),
            min_size=2,
            max_size=2,
        ),
        min_size=1,
        max_size=5,
    ).filter(lambda rows: any(map(any, rows)))
)
def test_an_export_can_be_uploaded_again(rows):
    header = ["first", "second"]
    read = read_rows(csv_bytes([header, *rows]))
    expected = [tuple(restored(neutralised(cell)).strip() for cell in row) for row in rows if any(row)]
    assert [row.cells for row in read[1:]] == expected


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://evil.example")', "'=1", "＝1"],
)
def test_formulas_are_led_by_an_apostrophe(formula):
    assert parsed([[formula]]) == [["'" + formula]]


@pytest.mark.parametrize("text", ["", "Ada", "a=b", "1-2", "ada@example.com", "'quoted'", " ", "5"])
def test_harmless_text_is_left_alone(text):
    assert parsed([[text, "x"]]) == [[text, "x"]]


def test_numbers_stay_numbers_and_dates_are_iso():
    row = [
        -5,
        3,
        -2.5,
        Decimal("-0.10"),
        None,
        True,
        date(2026, 3, 1),
        datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
    ]
    assert list(csv_lines([row])) == ["-5,3,-2.5,-0.10,,true,2026-03-01,2026-03-01T08:30:00+00:00\r\n"]


def test_records_follow_rfc_4180():
    assert list(csv_lines([["a,b", 'say "hi"', "two\r\nlines", "ü"]])) == ['"a,b","say ""hi""","two\r\nlines",ü\r\n']


def test_a_file_opens_in_excel_as_utf_8():
    assert csv_bytes([["ü"]]) == "﻿ü\r\n".encode()


def cells_of(data):
    return [row.cells for row in read_rows(data)]


@pytest.mark.parametrize(
    "data",
    [
        "name;code\r\nÄda;x,1\r\n".encode(),
        "name,code\nÄda,\"x,1\"".encode(),
        "﻿name\tcode\rÄda\tx,1\r".encode(),
        "name;code\nÄda;x,1\n".encode("cp1252"),
        "name;code\nÄda;x,1\n".encode("utf-16"),
        "\n\n name ; code \n\n;\n Äda ;x,1\n\n".encode(),
    ],
)  # fmt: skip
def test_every_spreadsheet_is_understood(data):
    assert cells_of(data) == [("name", "code"), ("Äda", "x,1")]


def test_a_row_knows_the_line_it_begins_on():
    rows = read_rows(b'code\n\nA\n"B\nB"\nC\n')
    assert [(row.line_number, row.cells[0]) for row in rows] == [(1, "code"), (3, "A"), (4, "B\nB"), (6, "C")]


def test_a_table_is_read_by_the_names_of_its_columns():
    table = read_table(b"Note;CODE;value\nhi;A1;5\nonly note\n", ["code", "value"])
    assert table == [(2, {"code": "A1", "value": "5"}), (3, {"code": "", "value": ""})]


def refusal_of(read, *args):
    with pytest.raises(CsvRefused) as refusal:
        read(*args)
    return refusal.value.reason_code, refusal.value.line_number


def test_what_cannot_be_read_is_refused_with_reason_and_line(monkeypatch):
    assert refusal_of(read_rows, b"") == ("empty", None)
    assert refusal_of(read_rows, b"\xef\xbb\xbf\r\n;\r\n") == ("empty", None)
    assert refusal_of(read_rows, b"PK\x03\x04\x00\x00") == ("not_text", None)
    assert refusal_of(read_rows, b"a" * (csv_text.BYTES_MAX + 1)) == ("too_large", None)
    assert refusal_of(read_rows, b"ok\n" + b"a" * 10_001) == ("cell_too_long", 2)
    assert refusal_of(read_rows, b'ok\n"never closed' + b"\na" * 100_000) == ("cell_too_long", 2)
    assert refusal_of(read_table, b"code\nA\n", ["value"]) == ("missing_column", 1)
    monkeypatch.setattr(csv_text, "ROWS_MAX", 3)
    assert refusal_of(read_rows, b"1\n2\n3\n4\n") == ("too_many_rows", 4)


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused_without_a_crash(data):
    try:
        rows = read_rows(data)
    except CsvRefused:
        return
    assert all(any(row.cells) for row in rows)
    assert [row.line_number for row in rows] == sorted({row.line_number for row in rows})
