"""Validates each line of the second file, a JSON value, against the schema in the first."""

import json
import sys

import jsonschema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    checker = validator(schema, format_checker=validator.FORMAT_CHECKER)
    count = 0
    with open(sys.argv[2], encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            for error in checker.iter_errors(json.loads(line)):
                sys.exit(f"line {number}: {error.json_path}: {error.message}")
            count += 1
    print(count)


main()
