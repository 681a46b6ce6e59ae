"""Reads metrics from standard input with the parser of the Python client of Prometheus, and prints them as JSON."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families


def main():
    families = text_string_to_metric_families(sys.stdin.read())
    found = {
        family.name: {
            "type": family.type,
            "unit": family.unit,
            "samples": [[sample.name, sample.labels, sample.value] for sample in family.samples],
        }
        for family in families
    }
    json.dump(found, sys.stdout)


main()
