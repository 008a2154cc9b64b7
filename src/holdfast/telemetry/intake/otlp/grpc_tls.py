"""TLS of the gRPC port: gRPC asks for the certificate at every handshake and gets the one of that moment."""

from collections.abc import Callable

import grpc

from holdfast.runtime.certificates import Certificate


def credentials(current: Callable[[], Certificate]) -> grpc.ServerCredentials:
    """Return server credentials that follow `current`; with a client CA they require a client certificate.

    gRPC asks in threads of its own. It takes TLS 1.2 and newer only, and keeps what it has if it cannot use
    what it is given.
    """
    used = current()
    first = _configuration(used)

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal used
        now = current()
        if now is used:
            return None
        used = now
        return _configuration(now)

    must_show = used.client_ca is not None
    return grpc.dynamic_ssl_server_credentials(first, changed, require_client_authentication=must_show)


def _configuration(certificate: Certificate) -> grpc.ServerCertificateConfiguration:
    pair = (certificate.key, certificate.chain)
    return grpc.ssl_server_certificate_configuration([pair], certificate.client_ca)
