"""The fetcher reaches the public web only: what a URL and an address must look like, before any network."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.fetcher import FetchPolicy, FetchRefused
from portal.kernel.fetcher.address_policy import (
    CLOSED_IPV4,
    check_form,
    is_public,
    origin_of,
    parse_target,
)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public_addresses_pass(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::7f00:1",
        "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:db8::1",
        "2002:7f00:1::", "2002:808:808::1", "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1",
        "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1111%eth0",
    ],
)  # fmt: skip
def test_everything_else_is_refused_in_any_disguise(address):
    assert not is_public(ip_address(address))


private_ipv4 = st.one_of(*(st.integers(int(block[0]), int(block[-1])).map(IPv4Address) for block in CLOSED_IPV4))


@given(private_ipv4, st.integers(0, 2**16 - 1))
def test_no_ipv6_form_carries_a_private_ipv4_address_past_the_policy(address, low):
    number = int(address)
    disguises = [
        IPv6Address(number),  # IPv4-compatible
        IPv6Address(0xFFFF << 32 | number),  # mapped
        IPv6Address(0xFFFF << 48 | number),  # translated (SIIT)
        IPv6Address(0x64FF9B << 96 | number),  # NAT64
        IPv6Address(0x64FF9B0001 << 80 | number),  # local NAT64
        IPv6Address(0x2002 << 112 | number << 80 | low),  # 6to4
        IPv6Address(0x20010000 << 96 | low << 64 | (number ^ 0xFFFFFFFF)),  # Teredo
    ]
    assert not is_public(address)
    assert not any(map(is_public, disguises))


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_whatever_passes_is_what_python_calls_global_unicast_too(address):
    assert not is_public(address) or (address.is_global and not address.is_multicast)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_whatever_ipv4_passes_is_what_python_calls_global_unicast_too(address):
    assert not is_public(address) or (address.is_global and not address.is_multicast)


def as_octal(address):
    return ".".join(f"0{part:o}" for part in address.packed)


def as_short(address):
    return f"{address.packed[0]}.{int.from_bytes(address.packed[1:])}"


@given(
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.sampled_from([lambda a: str(int(a)), lambda a: hex(int(a)), as_octal, as_short, lambda a: f"{a}."]),
)
def test_an_address_is_taken_in_its_plain_spelling_only(address, spell):
    with pytest.raises(FetchRefused) as refusal:
        check_form(parse_target(f"http://{spell(address)}/"))
    assert refusal.value.reason_code in ("address_spelling", "malformed")


@pytest.mark.parametrize(
    ("url", "reason_code"),
    [
        ("ftp://example.com/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://example.com/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("//example.com/", "malformed"),
        ("example.com", "malformed"),
        ("http://", "malformed"),
        ("http:///path", "malformed"),
        ("http://exa\nmple.com/", "malformed"),
        ("http://example.com/" + "a" * 5000, "malformed"),
        ("http://①②⑦.⓪.⓪.①/", "malformed"),
        ("http://ada@example.com/", "userinfo"),
        ("http://ada:secret@example.com/", "userinfo"),
        ("http://example.com@127.0.0.1/", "userinfo"),
        ("http://example.com:81/", "port"),
        ("https://example.com:8443/", "port"),
        ("http://127.0.0.1:8001/", "port"),
        ("http://127.0.0.1/", "address"),
        ("http://[::1]/", "address"),
        ("http://[::ffff:7f00:1]/", "address"),
        ("http://[64:ff9b::7f00:1]/", "address"),
        ("http://%31%32%37.0.0.1/", "address_spelling"),
        ("http://127.1/", "address_spelling"),
        ("http://0x7f.0.0.1/", "address_spelling"),
        ("http://2130706433/", "address_spelling"),
    ],
)
def test_what_is_no_public_page_is_refused_with_its_reason(url, reason_code):
    with pytest.raises(FetchRefused) as refusal:
        check_form(parse_target(url))
    assert refusal.value.reason_code == reason_code


def test_international_names_are_asked_for_in_their_ascii_form():
    target = parse_target("https://bücher.example/straße#part")
    check_form(target)
    assert origin_of(target) == "https://xn--bcher-kva.example:443"
    assert "part" not in str(target)


@pytest.mark.parametrize("entry", ["127.0.0.1:8001", "http://127.0.0.1:8001/path", "ftp://a", "http://a:b@c", ""])
def test_an_allowed_origin_must_be_an_origin(entry):
    with pytest.raises(ValueError, match=r"is not an origin|has a path"):
        FetchPolicy(user_agent="test", allow_origins=frozenset({entry}))


@given(st.text(max_size=80))
def test_any_text_is_judged_without_a_crash(text):
    for url in (text, f"http://{text}", f"https://{text}/"):
        try:
            target = parse_target(url)
            check_form(target)
        except FetchRefused:
            continue
        assert target.scheme in ("http", "https")
        assert target.host
