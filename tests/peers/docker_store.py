"""What the docker library for Python makes of a credential helper: docker_store.py NAME get|list|erase [SERVER]."""

import json
import sys

from docker.credentials import Store
from docker.credentials.errors import CredentialsNotFound

name, operation, argument = (sys.argv[1:] + [""])[:3]
store = Store(name)
try:
    result = store.list() if operation == "list" else getattr(store, operation)(argument)
except CredentialsNotFound:
    result = "not found"
print(json.dumps(result))
