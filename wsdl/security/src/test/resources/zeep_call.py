"""Calls the workspace service as a client that is not Java: python3-zeep and python3-xmlsec.

usage: zeep_call.py WSDL ADDRESS CERTIFICATE KEY CA SERVER_CERTIFICATE
Prints the answer, then the code of a refusal. Checks the signature of both.
"""
import base64
import sys
import uuid
from datetime import datetime, timedelta, timezone

import requests
import xmlsec
from lxml import etree
from zeep import Client, Settings
from zeep.exceptions import Fault
from zeep.transports import Transport

SOAP = "http://www.w3.org/2003/05/soap-envelope"
WSA = "http://www.w3.org/2005/08/addressing"
DS = "http://www.w3.org/2000/09/xmldsig#"
OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = OASIS + "wssecurity-secext-1.0.xsd"
WSU = OASIS + "wssecurity-utility-1.0.xsd"
X509 = OASIS + "x509-token-profile-1.0#X509v3"
BASE64 = OASIS + "soap-message-security-1.0#Base64Binary"


def der(path):
    lines = open(path).read().split("-----BEGIN CERTIFICATE-----")[1]
    return "".join(lines.split("-----END CERTIFICATE-----")[0].split())


class Signed:
    def __init__(self, certificate, key, server_certificate):
        self.certificate, self.key = certificate, key
        self.server_certificate = server_certificate

    def apply(self, envelope, headers):
        header = envelope.find("{%s}Header" % SOAP)
        body = envelope.find("{%s}Body" % SOAP)
        security = etree.SubElement(header, "{%s}Security" % WSSE, nsmap={"wsse": WSSE, "wsu": WSU})
        security.set("{%s}mustUnderstand" % SOAP, "true")
        stamp = etree.SubElement(security, "{%s}Timestamp" % WSU)
        now = datetime.now(timezone.utc)
        form = "%Y-%m-%dT%H:%M:%S.%f"
        etree.SubElement(stamp, "{%s}Created" % WSU).text = now.strftime(form)[:-3] + "Z"
        end = now + timedelta(minutes=5)
        etree.SubElement(stamp, "{%s}Expires" % WSU).text = end.strftime(form)[:-3] + "Z"
        token = etree.SubElement(security, "{%s}BinarySecurityToken" % WSSE)
        token.set("EncodingType", BASE64)
        token.set("ValueType", X509)
        token.set("{%s}Id" % WSU, "token")
        token.text = der(self.certificate)

        signature = xmlsec.template.create(envelope, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256)
        info = xmlsec.template.ensure_key_info(signature)
        reference = etree.SubElement(info, "{%s}SecurityTokenReference" % WSSE)
        etree.SubElement(reference, "{%s}Reference" % WSSE, URI="#token", ValueType=X509)
        security.append(signature)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(self.key, xmlsec.KeyFormat.PEM)
        signed = [body, stamp] + [e for e in header if etree.QName(e).namespace == WSA]
        for element in signed:
            name = "id-" + uuid.uuid4().hex
            element.set("{%s}Id" % WSU, name)
            context.register_id(element, "Id", WSU)
            part = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="#" + name)
            xmlsec.template.add_transform(part, xmlsec.Transform.EXCL_C14N)
        context.sign(signature)
        return envelope, headers

    def verify(self, envelope):
        token = envelope.find(".//{%s}BinarySecurityToken" % WSSE)
        if "".join(token.text.split()) != der(self.server_certificate):
            raise SystemExit("the answer is signed by another than the server")
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_memory(
            base64.b64decode(token.text), xmlsec.KeyFormat.CERT_DER)
        ids = {}
        for element in envelope.iter():
            if isinstance(element.tag, str) and element.get("{%s}Id" % WSU):
                context.register_id(element, "Id", WSU)
                ids["#" + element.get("{%s}Id" % WSU)] = element
        signature = envelope.find(".//{%s}Signature" % DS)
        context.verify(signature)
        signed = [ids.get(r.get("URI")) for r in signature.iter("{%s}Reference" % DS)]
        if envelope.find("{%s}Body" % SOAP) not in signed:
            raise SystemExit("the answer's body is not signed")
        return envelope


def main(wsdl, address, certificate, key, ca, server_certificate):
    session = requests.Session()
    # The environment's CA bundle and proxies are for other servers.
    session.trust_env = False
    session.cert, session.verify = (certificate, key), ca
    client = Client(
        wsdl,
        transport=Transport(session=session),
        wsse=Signed(certificate, key, server_certificate),
        settings=Settings(strict=False),
    )
    port = client.create_service("{urn:hospes:workspace:1:wsdl}WorkspacePortBinding", address)
    answer = port.listWorkspaces(name="zeep", ended=False, pageSize=1)
    print(answer.nextPageToken if hasattr(answer, "nextPageToken") else answer)
    try:
        port.describe(id="refuse")
    except Fault as fault:
        print(fault.detail.find(".//{urn:hospes:common:1}code").text)


if __name__ == "__main__":
    main(*sys.argv[1:])
