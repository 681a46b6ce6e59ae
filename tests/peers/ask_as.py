"""Asks an HTTP server as another user of this machine, and prints the status of the answer.

ask_as.py HOST PORT PATH HEADER VALUE [USER]
"""

import encodings.idna  # noqa: F401  the other user may not be able to read it
import http.client
import os
import sys

host, port, path, header, value = sys.argv[1:6]
if sys.argv[6:]:
    os.setgroups([])
    os.setgid(int(sys.argv[6]))
    os.setuid(int(sys.argv[6]))
connection = http.client.HTTPConnection(host, int(port))
connection.request("GET", path, headers={header: value, "Host": "localhost"})
print(connection.getresponse().status)
