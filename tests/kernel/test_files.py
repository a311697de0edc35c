"""Files are kept under names that nobody chose, and served so that nothing in them can run."""

import re

import pytest

from portal.kernel.files import FileMissing, Files, headers_for, tidy_name


@pytest.fixture(params=["folder", "memory"])
def files(request, tmp_path):
    return Files(f"file://{tmp_path}/new/folder" if request.param == "folder" else "memory:///")


def test_a_file_is_kept_until_it_is_deleted(files):
    key = files.put(b"\x00picture", folder="avatars", ending="webp")
    assert re.fullmatch(r"avatars/[0-9a-f]{32}\.webp", key)
    assert files.get(key) == b"\x00picture"
    assert files.exists(key)
    described = files.describe(key)
    assert (described.size_bytes, described.stored_at.tzinfo is not None) == (8, True)
    files.delete(key)
    files.delete(key)
    assert not files.exists(key)
    for read in (files.get, files.describe):
        with pytest.raises(FileMissing):
            read(key)


def test_equal_content_gets_different_names(files):
    keys = {files.put(b"same", folder="kits", ending="png") for _ in range(20)}
    assert len(keys) == 20


@pytest.mark.parametrize(
    "key",
    ["", "../secret", "avatars/../../etc/passwd", "/etc/passwd", "avatars/x.webp", "a\0b", "avatars/" + "A" * 32,
     "avatars/" + "a" * 32 + ".webp\n", "avatars/" + "a" * 32 + ".webp/../x", "avatars\\" + "a" * 32 + ".webp"],
)  # fmt: skip
def test_what_is_no_key_of_ours_reaches_nothing(files, key):
    assert not files.exists(key)
    for act in (files.get, files.describe, files.delete):
        with pytest.raises(FileMissing):
            act(key)


def test_a_folder_holds_nothing_outside_itself(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    files = Files(f"file://{tmp_path}/uploads")
    with pytest.raises(FileMissing):
        files.get("../secret.txt")
    assert secret.read_text() == "secret"


@pytest.mark.parametrize(
    ("folder", "ending"), [("../x", "webp"), ("a/b", "webp"), ("", "webp"), ("a", "w/x"), ("a", "")]
)
def test_folder_and_ending_are_plain_words(files, folder, ending):
    with pytest.raises(ValueError, match="plain words"):
        files.put(b"x", folder=folder, ending=ending)


def test_another_process_sees_the_same_folder(tmp_path):
    key = Files(f"file://{tmp_path}/up").put(b"x", folder="kits", ending="pdf")
    assert Files(f"file://{tmp_path}/up").get(key) == b"x"


@pytest.mark.parametrize("url", ["", "/tmp/x", "http://example.com/", "gs://bucket"])
def test_another_kind_of_address_is_refused(url):
    with pytest.raises(ValueError, match="files live at"):
        Files(url)


def test_pictures_are_shown_and_everything_else_is_handed_over():
    assert headers_for("avatars/1.webp")["Content-Disposition"] == "inline"
    assert headers_for("avatars/1.webp")["Content-Type"] == "image/webp"
    for ending in ("pdf", "html", "svg", "xml", "js", "unknown"):
        assert headers_for(f"kits/1.{ending}")["Content-Disposition"] == f'attachment; filename="1.{ending}"'


@pytest.mark.parametrize("ending", ["webp", "pdf", "html", "svg"])
def test_no_browser_guesses_or_runs_a_file(ending):
    headers = headers_for(f"kits/1.{ending}")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"].startswith("private,")


def test_a_download_name_cannot_add_a_header():
    headers = headers_for("kits/1.pdf", download_name='kit"\r\nSet-Cookie: a=b; ü.pdf')
    assert headers["Content-Disposition"] == (
        'attachment; filename="kit_Set-Cookie_ a_b_ _.pdf"'
        "; filename*=UTF-8''kit___Set-Cookie_%20a%3Db%3B%20%C3%BC.pdf"
    )
    plain = headers_for("kits/1.pdf", download_name="The kit-2.pdf")
    assert plain["Content-Disposition"] == 'attachment; filename="The kit-2.pdf"'


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("Anleitung Nähen.pdf", "Anleitung Nähen.pdf"),
        ("Починка.pdf", "Починка.pdf"),
        ("修理.pdf", "修理.pdf"),
        ("e\u0301te\u0301.pdf", "été.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\guide.pdf", "guide.pdf"),
        ("gu\x00ide\u202efdp.exe", "gu_ide_fdp.exe"),
        ('a"b<c>|d?.pdf', "a_b_c__d_.pdf"),
        ("half \ud800.pdf", "half _.pdf"),
        (" .. ", ""),
        ("", ""),
    ],
)
def test_a_file_keeps_its_own_letters_and_nothing_that_misleads(given: str, called: str) -> None:
    assert tidy_name(given) == called
