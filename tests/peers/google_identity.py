"""Gets an ID token for an audience as an application of a user would, from wherever google-auth finds one, lets google-auth
verify it with the keys at an address, and prints its claims as JSON.
"""

import argparse
import json

from google.auth.transport.requests import Request
from google.oauth2 import id_token

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--audience", required=True)
parser.add_argument("--certs", required=True)
options = parser.parse_args()

token = id_token.fetch_id_token(Request(), options.audience)
claims = id_token.verify_token(token, Request(), audience=options.audience, certs_url=options.certs)
print(json.dumps(claims))
