"""A client of the token endpoint over Authlib, unchanged. Its one argument is an object with `id`, `secret`, `issuer` and `call`, the address
of an endpoint behind a token. Tells what it gets as lines of JSON, and ends.
"""
import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

given = json.loads(sys.argv[1])
host, path = given["issuer"][:given["issuer"].index("/", 8)], given["issuer"][given["issuer"].index("/", 8):]


def tell(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


server = requests.get(f"{host}/.well-known/oauth-authorization-server{path}", timeout=20).json()
assert server["issuer"] == given["issuer"], server
for method in ("client_secret_basic", "client_secret_post"):
    session = OAuth2Session(given["id"], given["secret"], scope="customer", token_endpoint_auth_method=method,
                            revocation_endpoint_auth_method=method)
    first = dict(session.fetch_token(server["token_endpoint"], grant_type="client_credentials"))
    tell("token", method=method, scope=first["scope"], expires=first["expires_in"], kind=first["token_type"])
    answer = session.get(given["call"], headers={"x-reference-id": "8848372d-8457-4ca4-9da9-673f1cdd6684"})
    tell("call", status=answer.status_code, error=answer.json().get("error"))
    second = dict(session.refresh_token(server["token_endpoint"], refresh_token=first["refresh_token"]))
    tell("refresh", differs=second["access_token"] != first["access_token"], scope=second["scope"])
    told = session.introspect_token(server["introspection_endpoint"], token=second["access_token"]).json()
    tell("introspect", active=told["active"], client=told["client_id"])
    answer = session.revoke_token(server["revocation_endpoint"], token=second["refresh_token"],
                                  token_type_hint="refresh_token")
    tell("revoke", status=answer.status_code)
    told = session.introspect_token(server["introspection_endpoint"], token=second["access_token"]).json()
    tell("introspect", active=told["active"])
    try:
        session.refresh_token(server["token_endpoint"], refresh_token=second["refresh_token"])
        tell("refresh")
    except OAuthError as error:
        tell("refused", error=error.error)
