"""A release of a pretended Eremo 9.8.7, signed by minisign 0.11 with a key made for it."""

PUBLIC_KEY = "RWQvK2DQDK+VsygAIrlY03BfGyyzMf6r8M1dRt9bv1tBh/pdrMxPsecP"
OTHER_KEY = "RWRJISaMH3Hx93UHShVz30oJHb6AIsK6SCgWbAX7lUetu6M1fojQmIhw"
PACKAGE_NAME = "eremo-9.8.7-linux-x86_64.tar.xz"
PACKAGE = b"the package"

CHECKSUMS = b"""\
ab326f16dec533ba65139949246581c016b9d4c77d0de0046e65f48e575372a3  eremo-9.8.7-linux-x86_64.tar.xz
"""

SIGNATURE = """\
untrusted comment: signature from minisign secret key
RUQvK2DQDK+Vs0Eo4s7CMn8EuYqHfh3caJE7p1b/NFr+bJtNgKiNNwYchoNK1dS5yYM/uACNUZ2fDX7uPTdesUzPEhJRyL/LCwk=
trusted comment: eremo 9.8.7
WEzKovGg8VmxRh3ZWoAoATAUcQKnmkFWgpEx2flD6Gugp6CrLKqNAGmiBAf++DT2ZMPjfSriNNrRrqpX5u2zCA==
"""
