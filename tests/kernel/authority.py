"""An authority of the tests' own, which certifies any name that a client asks for."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Authority:
    """Certificates are kept in `folder`, one for each name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "The tests' authority")])
        own = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self._file = folder / "authority.pem"
        self._file.write_bytes(own)
        self._contexts: dict[str, ssl.SSLContext] = {}

    def believed(self) -> ssl.SSLContext:
        """The client's side: this authority and no other."""
        return ssl.create_default_context(cafile=self._file)

    def server_context(self) -> ssl.SSLContext:
        """The server's side: it is whoever the client asks for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

        def be(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._context_of(name or "unnamed.invalid")

        context.sni_callback = be
        return context

    def _context_of(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64])])
            ours = x509.SubjectAlternativeName([x509.DNSName(name)])
            file = self._folder / f"{name}.pem"
            pem = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            file.write_bytes(pem + self._signed(subject, key, ours))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            self._contexts[name] = context
        return self._contexts[name]

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        now = datetime.now(UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )
        return signed.public_bytes(serialization.Encoding.PEM)
