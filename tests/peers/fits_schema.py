"""Says whether a JSON text (second argument) fits a JSON schema (first argument), by the jsonschema library."""

import json
import sys

import jsonschema

schema, document = (json.loads(text) for text in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
jsonschema.validate(document, schema)
