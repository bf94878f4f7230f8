"""Writes an issuer's key set, and prints a token of it: issuer.py JWKS-FILE ISSUER AUDIENCE USER SCOPE

Needs openssl and nothing else. The token is good for an hour, the key for this one token.
"""

import base64
import json
import subprocess
import sys
import time


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **more).stdout


file, issuer, audience, user, scope = sys.argv[1:]
key = f"{file}.pem"
openssl("genrsa", "-out", key, "2048")
modulus = bytes.fromhex(openssl("rsa", "-in", key, "-noout", "-modulus").decode().strip().split("=")[1])
with open(file, "w") as keys:
    json.dump(
        {"keys": [{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig", "n": text(modulus), "e": "AQAB"}]}, keys)
head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
now = int(time.time())
body = {"iss": issuer, "aud": audience, "sub": user, "scope": scope, "iat": now, "exp": now + 3600}
signed = ".".join(text(json.dumps(part).encode()) for part in (head, body))
print(f"{signed}.{text(openssl('dgst', '-sha256', '-sign', key, input=signed.encode()))}")
