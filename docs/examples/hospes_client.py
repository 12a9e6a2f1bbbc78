#!/usr/bin/python3
"""Asks a Hospes site for workspaces, without any Java. For Debian's python3-zeep and python3-xmlsec.

usage: hospes_client.py [--service URL] [--wsdl FILE] COMMAND
  list [--name NAME]                            your workspaces
  show ID                                       one of them
  deploy IMAGE [--hours N] [--forward PORT]     run an image
  destroy ID                                    end one

Papers as grid tools find them: $X509_USER_PROXY, or $X509_USER_CERT with $X509_USER_KEY, or
/tmp/x509up_u<uid>, or ~/.globus; CA certificates in $X509_CERT_DIR or /etc/grid-security/certificates.
The service: --service or $HOSPES_SERVICE. Prints the answer as JSON. Exits 1 if the site refuses, and says
its code and reason on standard error.
"""
import argparse
import base64
import json
import os
import re
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

import requests
import xmlsec
from lxml import etree
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.helpers import serialize_object
from zeep.transports import Transport

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
DS = "http://www.w3.org/2000/09/xmldsig#"
OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = OASIS + "wssecurity-secext-1.0.xsd"
WSU = OASIS + "wssecurity-utility-1.0.xsd"
WSSE11 = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
# One certificate is an X509v3 token. A chain, such as a proxy's, is a PKIPath.
SINGLE = OASIS + "x509-token-profile-1.0#X509v3"
PATH = OASIS + "x509-token-profile-1.0#X509PKIPathv1"
BASE64 = OASIS + "soap-message-security-1.0#Base64Binary"
HOSPES = "urn:hospes:common:1"
PORT = "{urn:hospes:workspace:1:wsdl}WorkspacePortBinding"


def papers():
    """The file of certificates and the file of the key; for a proxy it is the same."""
    home = Path.home() / ".globus"
    proxy = os.environ.get("X509_USER_PROXY")
    if proxy:
        return proxy, proxy
    if "X509_USER_CERT" in os.environ:
        return os.environ["X509_USER_CERT"], os.environ["X509_USER_KEY"]
    proxy = "/tmp/x509up_u%d" % os.getuid()
    if os.path.exists(proxy):
        return proxy, proxy
    return str(home / "usercert.pem"), str(home / "userkey.pem")


def certificates(path):
    """The DER of each, in the file's order: the signer's first."""
    blocks = re.findall(
        "-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", Path(path).read_text(), re.DOTALL)
    if not blocks:
        raise SystemExit("%s holds no certificate" % path)
    return [base64.b64decode(block) for block in blocks]


def pki_path(chain):
    """A SEQUENCE of certificates, the one next to the CA first (X.509 AM; RFC 3820 needs a chain)."""
    content = b"".join(reversed(chain))
    length = len(content)
    if length < 128:
        return b"\x30" + bytes([length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(octets)]) + octets + content


class Connection(HTTPSConnection):
    """Remembers whom it speaks with: answers must be signed by the very same."""

    peer = None

    def connect(self):
        super().connect()
        Connection.peer = self.sock.getpeercert(binary_form=True)


class Pool(HTTPSConnectionPool):
    ConnectionCls = Connection


class Adapter(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": Pool}


class Signed:
    """WS-Security as the policy in the WSDL asks: Body, Timestamp and every addressing header, by RSA."""

    def __init__(self, chain, key):
        self.chain, self.key = chain, key
        self.asked = None

    def apply(self, envelope, headers):
        header = envelope.find("{%s}Header" % SOAP)
        body = envelope.find("{%s}Body" % SOAP)
        self.asked = header.findtext("{%s}MessageID" % WSA)
        security = etree.SubElement(header, "{%s}Security" % WSSE, nsmap={"wsse": WSSE, "wsu": WSU})
        security.set("{%s}mustUnderstand" % SOAP, "true")
        stamp = etree.SubElement(security, "{%s}Timestamp" % WSU)
        now = datetime.now(timezone.utc)
        for name, moment in (("Created", now), ("Expires", now + timedelta(minutes=5))):
            text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            etree.SubElement(stamp, "{%s}%s" % (WSU, name)).text = text
        token = etree.SubElement(security, "{%s}BinarySecurityToken" % WSSE)
        token.set("EncodingType", BASE64)
        single = len(self.chain) == 1
        token.set("ValueType", SINGLE if single else PATH)
        token.set("{%s}Id" % WSU, "token")
        token.text = base64.b64encode(self.chain[0] if single else pki_path(self.chain)).decode()

        signature = xmlsec.template.create(envelope, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256)
        info = xmlsec.template.ensure_key_info(signature)
        reference = etree.SubElement(info, "{%s}SecurityTokenReference" % WSSE, nsmap={"wsse11": WSSE11})
        kind = token.get("ValueType")
        if not single:
            # The Basic Security Profile 1.1 (R5215) wants it said here, too.
            reference.set("{%s}TokenType" % WSSE11, kind)
        etree.SubElement(reference, "{%s}Reference" % WSSE, URI="#token", ValueType=kind)
        security.append(signature)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(self.key, xmlsec.KeyFormat.PEM)
        for element in [body, stamp] + [e for e in header if etree.QName(e).namespace == WSA]:
            name = "id-" + uuid.uuid4().hex
            element.set("{%s}Id" % WSU, name)
            context.register_id(element, "Id", WSU)
            part = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="#" + name)
            xmlsec.template.add_transform(part, xmlsec.Transform.EXCL_C14N)
        context.sign(signature)
        return envelope, headers

    def verify(self, envelope):
        """Of answers and of refusals alike: signed by the server that the connection ends at, over this
        Body, and as the answer to what was asked."""
        token = envelope.find(".//{%s}BinarySecurityToken" % WSSE)
        if token is None:
            raise SystemExit("the answer is not signed")
        if base64.b64decode(token.text) != Connection.peer:
            raise SystemExit("the answer is signed by another than the server")
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(Connection.peer, xmlsec.KeyFormat.CERT_DER)
        ids = {}
        for element in envelope.iter():
            if isinstance(element.tag, str) and element.get("{%s}Id" % WSU):
                context.register_id(element, "Id", WSU)
                ids["#" + element.get("{%s}Id" % WSU)] = element
        signature = envelope.find(".//{%s}Signature" % DS)
        context.verify(signature)
        signed = [ids.get(r.get("URI")) for r in signature.iter("{%s}Reference" % DS)]
        related = envelope.find("{%s}Header/{%s}RelatesTo" % (SOAP, WSA))
        if envelope.find("{%s}Body" % SOAP) not in signed or related not in signed:
            raise SystemExit("the answer's body, or what it answers, is not signed")
        if related is None or related.text != self.asked:
            raise SystemExit("the answer is to another question")
        return envelope


def connect(service, wsdl):
    certificate, key = papers()
    session = requests.Session()
    # The environment's CA bundle and proxies are for other servers.
    session.trust_env = False
    session.mount("https://", Adapter())
    session.cert = (certificate, key)
    session.verify = os.environ.get("X509_CERT_DIR", "/etc/grid-security/certificates")
    client = Client(
        wsdl,
        transport=Transport(session=session),
        wsse=Signed(certificates(certificate), key),
        settings=Settings(strict=False),
    )
    return client.create_service(PORT, service.rstrip("/") + "/workspace")


def contract():
    """In the unpacked archive, or in the sources."""
    top = Path(__file__).resolve().parent.parent.parent
    for place in ("share/wsdl", "wsdl/contract/src/main/resources/wsdl"):
        file = top / place / "workspace.wsdl"
        if file.exists():
            return str(file)
    raise SystemExit("no workspace.wsdl beside this program; say --wsdl FILE")


def ask(port, given):
    if given.command == "list":
        return port.listWorkspaces(name=given.name, ended=False, pageSize=100)
    if given.command == "show":
        return port.describe(id=given.id)
    if given.command == "destroy":
        return port.destroy(id=given.id)
    # Sent again with the same token, it is the same workspace; say --token to be able to.
    answer = port.deploy(
        clientToken=given.token,
        image=given.image,
        cpus=1,
        memoryBytes=512 << 20,
        scratchBytes=0,
        leaseSeconds=given.hours * 3600,
        forward=[{"guestPort": each} for each in given.forward],
        dryRun=False,
    )
    # Beside it stands which rules of the site's policies decided: answer.decision
    return answer.workspace


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--service", default=os.environ.get("HOSPES_SERVICE"))
    parser.add_argument("--wsdl")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list").add_argument("--name")
    commands.add_parser("show").add_argument("id")
    commands.add_parser("destroy").add_argument("id")
    deploy = commands.add_parser("deploy")
    deploy.add_argument("image")
    deploy.add_argument("--hours", type=int, default=1)
    deploy.add_argument("--forward", type=int, action="append", default=[])
    deploy.add_argument("--token", default=uuid.uuid4().hex)
    given = parser.parse_args()
    if not given.service:
        parser.error("no service: say --service https://HOST:9443, or set HOSPES_SERVICE")
    try:
        answer = ask(connect(given.service, given.wsdl or contract()), given)
    except Fault as fault:
        refusal = fault.detail.find(".//{%s}refusal" % HOSPES) if fault.detail is not None else None
        if refusal is None:
            raise SystemExit(fault.message)
        print(
            refusal.findtext("{%s}code" % HOSPES), refusal.findtext("{%s}message" % HOSPES), sep=": ", file=sys.stderr)
        raise SystemExit(1)
    print(json.dumps(serialize_object(answer, dict), default=str, indent=2))


if __name__ == "__main__":
    main()
