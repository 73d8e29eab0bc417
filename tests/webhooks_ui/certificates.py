"""Certificates for receivers that speak TLS."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """Somebody who vouches for certificates.

    `path`: its own certificate, to be trusted with `SSL_CERT_FILE`.
    """

    key: ec.EllipticCurvePrivateKey
    name: x509.Name
    path: Path


def make_authority(folder: Path) -> Authority:
    """Write the certificate of a new authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority")])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    now = datetime.now(UTC)
    certificate = (
        _begun(name, name, key, since=now - DAY, until=now + DAY)
        .add_extension(constraints, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "authority.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, name, path)


def make_certificate(
    folder: Path,
    *,
    authority: Authority | None = None,
    names: tuple[str, ...] = ("127.0.0.1",),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Path:
    """Write a certificate, with its key, into one file.

    Args:
        folder: where to.
        authority: who vouches for it; it is self-signed if not given.
        names: of the receiver, addresses or domains.
        since: when it begins to be valid; yesterday if not given.
        until: when it ends to be; tomorrow if not given.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer = authority.name if authority else name
    now = datetime.now(UTC)
    alternatives = [
        x509.IPAddress(ip_address(text)) if text[0].isdigit() else x509.DNSName(text)
        for text in names
    ]
    certificate = (
        _begun(name, issuer, key, since=since or now - DAY, until=until or now + DAY)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(authority.key if authority else key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


def _begun(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
    )
