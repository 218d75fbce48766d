"""What the property tester does besides its settings: `cargo xtask openapi-lint`."""

import itertools
import json
import os
import urllib.parse
import urllib.request

import schemathesis
from schemathesis.core.parameters import ParameterLocation

HEADER = "Idempotency-Key"
numbers = itertools.count(1)

# Told by the runner for the run as a merchant only.
MERCHANT = os.environ.get("TALLYSTICK_MERCHANT")
# What an operation of the merchant is about, where the tester would make up what nobody has.
KNOWN = {"client_id": MERCHANT, "account_number": os.environ.get("TALLYSTICK_ACCOUNT")}


def documented(operation):
    """The example of the header in the document."""
    return [one.get("example") for one in operation.definition.raw.get("parameters", []) if one["name"] == HEADER]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each request a name of its own where the tester has the documented one for all: all but the first would be 422."""
    if any(part == ParameterLocation.HEADER and info.mode.is_negative for part, info in case.meta.components.items()):
        # Headers that are wrong on purpose are left as they are: after a change here the tester no longer knows what is wrong.
        return
    name = (case.headers or {}).get(HEADER)
    if name is not None and name in documented(case.operation):
        case.headers[HEADER] = f"{name}-{next(numbers)}"


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Names the merchant and an account that are there, so that more is tested than what is not found."""
    if MERCHANT and path_parameters:
        path_parameters.update({name: KNOWN[name] for name in path_parameters if name in KNOWN})
    return path_parameters


if MERCHANT:

    @schemathesis.auth()
    class AccessToken:
        """Gets a token as a till does, again every five minutes."""

        def get(self, case, context):
            host = urllib.parse.urlsplit(case.operation.schema.get_base_url() or case.operation.base_url)
            prefix = case.operation.path.split("/client-id/")[0]
            body = urllib.parse.urlencode(
                {
                    "grant_type": "client_credentials",
                    "client_id": MERCHANT,
                    "client_secret": os.environ["TALLYSTICK_MERCHANT_SECRET"],
                }
            )
            address = f"{host.scheme}://{host.netloc}{prefix}/oauth/token"
            with urllib.request.urlopen(address, body.encode()) as answer:
                return json.load(answer)["access_token"]

        def set(self, case, data, context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {data}"
