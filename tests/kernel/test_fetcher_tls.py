"""Over TLS the fetcher speaks to the address it checked, under the name it was given, and to nobody else."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.kernel.fetcher import Fetcher, FetchFailed, FetchPolicy
from tests.kernel.local_web import Internet, a_site, page

PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for social.example that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "social.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("social.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    file.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def asked_names(certificate):
    """What clients named in the handshake; the server's side of TLS is its `context`."""

    class Names(list):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    names = Names()
    names.context.load_cert_chain(certificate)
    names.context.sni_callback = lambda connection, name, context: names.append(name)
    return names


def a_fetcher(site, certificate=None):
    return Fetcher(
        FetchPolicy(user_agent="test", total_seconds=30),
        resolver=lambda name: [PUBLIC],
        network=Internet({PUBLIC: site.port}),
        tls=ssl.create_default_context(cafile=certificate),
    )


def test_the_name_stays_while_the_address_is_pinned(certificate, asked_names):
    with a_site({"/": page(b"secure")}, tls=asked_names.context) as site:
        assert a_fetcher(site, certificate).get("https://social.example/").text == "secure"
        assert site.requests[0][1]["Host"] == "social.example"
    assert asked_names == ["social.example"]


def test_a_certificate_for_another_name_is_not_believed(certificate, asked_names):
    with a_site({"/": page()}, tls=asked_names.context) as site:
        with pytest.raises(FetchFailed) as failure:
            a_fetcher(site, certificate).get("https://other.example/")
        assert failure.value.reason_code == "tls"
        assert site.requests == []


def test_a_certificate_of_an_unknown_authority_is_not_believed(asked_names):
    with a_site({"/": page()}, tls=asked_names.context) as site:
        with pytest.raises(FetchFailed) as failure:
            a_fetcher(site).get("https://social.example/")
        assert failure.value.reason_code == "tls"
        assert site.requests == []
