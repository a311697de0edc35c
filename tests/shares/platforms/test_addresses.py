"""Reading a pasted address: what is refused, and why; and that what is accepted has one spelling."""

import pytest

from portal.shares.platforms.addresses import NotAnAddress, read_address

LOCAL = frozenset({"http://127.0.0.1:8001"})


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "empty"),
        ("   \n ", "empty"),
        ("https://social.example/" + "a" * 2000, "too_long"),
        ("my post is on perch, search @me", "words"),
        ("x", "words"),
        ("https://social.example/@ada/1 https://social.example/@ada/2", "words"),
        ("https://social.example/p/CxAbC dEfGhI/", "words"),
        ("https://social.example/p/CxAbC dEfGhI", "words"),
        ("https://social.example/post/3kabcdefghi 2x", "words"),
        ("https://social.example/@ada/18000 0001", "words"),
        ("javascript:x](https://social.example/@ada/1)", "scheme"),
        ("é" * 1900, "look_alike"),
        ("@ada", "handle_only"),
        ("@ada@social.example", "handle_only"),
        ("https://social.exam\u200bple/@ada/1", "hidden_characters"),
        ("https://social.example/@ada/\u202e1", "hidden_characters"),
        ("https://social.example/@ada/1\x00", "hidden_characters"),
        ("https://social.example\\@evil.example/1", "hidden_characters"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,https://social.example/@ada/1", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://social.example/@ada/1", "scheme"),
        ("https://", "no_host"),
        ("https:///social.example/@ada/1", "no_host"),
        ("https:social.example/@ada/1", "no_host"),
        ("https://social.example@evil.example/@ada/1", "userinfo"),
        ("https://social.example:443@evil.example/@ada/1", "userinfo"),
        ("https://social.example:8443/@ada/1", "port"),
        ("http://127.0.0.1/@ada/1", "ip_address"),
        ("http://169.254.169.254/latest/meta-data/", "ip_address"),
        ("http://[::1]/@ada/1", "ip_address"),
        ("http://2130706433/@ada/1", "ip_address"),
        ("http://0x7f.1/@ada/1", "ip_address"),
        ("https://ｓocial.example/@ada/1", "look_alike"),
        ("https://sосial.example/@ada/1", "look_alike"),
        ("https://xn--scial-5ue.example/@ada/1", "look_alike"),
        ("http://127.0.0.1:8002/@ada/1", "ip_address"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(typed, reason):
    with pytest.raises(NotAnAddress) as refused:
        read_address(typed, local_origins=LOCAL)
    assert refused.value.reason_code == reason


@pytest.mark.parametrize(
    "typed",
    [
        "https://social.example/@ada/1",
        "  https://social.example/@ada/1\n",
        "http://social.example/@ada/1",
        "HTTPS://Social.Example/@ada/1",
        "social.example/@ada/1",
        "//social.example/@ada/1",
        "https://social.example:443/@ada/1",
        "https://social.example./@ada/1",
        "https://social.example//@ada///1/",
        "https://social.example/@ada/1?utm_source=perch&fbclid=x#comments",
        "https://social.example/@ada/1 thanks!",
        "https://social.example/@ada/1 my 2nd",
        "https://social.example/@ada/1 2nd",
        "[my post](https://social.example/@ada/1)",
        "Look: [post](<https://social.example/@ada/1>).",
    ],
)
def test_every_spelling_of_an_address_is_read_as_one(typed):
    address = read_address(typed)
    assert (address.host, address.segments) == ("social.example", ("@ada", "1"))


def test_a_local_origin_keeps_its_port_and_nothing_else_local_is_let_in():
    assert read_address("http://127.0.0.1:8001/@ada/1", local_origins=LOCAL).host == "127.0.0.1:8001"
    with pytest.raises(NotAnAddress):
        read_address("http://127.0.0.1:8001/@ada/1")
