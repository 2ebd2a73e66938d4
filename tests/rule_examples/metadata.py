"""Cases of addresses at which clouds tell who a node is."""

from rule_cases import Cases, Change, put

POLICY = "NetworkPolicy/marquez-web"


def egress(cidr: str, port: int, *but: str) -> tuple[Change, ...]:
    block = {"cidr": cidr} | ({"except": list(but)} if but else {})
    rule = {"to": [{"ipBlock": block}], "ports": [{"port": port, "protocol": "TCP"}]}
    return (put(POLICY, "spec egress 0", rule),)


BROKEN: Cases = {
    "metadata-closed": [
        egress("169.254.169.254/32", 443),
        egress("128.0.0.0/1", 443),
        egress("169.254.0.0/15", 80, "169.254.169.254/32"),
        egress("169.254.170.23/32", 8080),
        egress("fd00::/8", 443),
        egress("f000::/4", 443, "fe80::/10", "fd00:ec2::/32"),
        (put(POLICY, "spec egress 0", {"to": [{"ipBlock": {"cidr": "169.254.169.254/32"}}]}),),
        (put(POLICY, "spec egress 0", {"ports": [{"port": 443, "protocol": "TCP"}]}),),
        (*egress("169.254.169.254/32", 53), put(POLICY, "spec egress 0 ports 0 endPort", 65535)),
    ],
}

KEPT: Cases = {
    "metadata-closed": [
        egress("10.0.0.0/8", 443),
        egress("169.254.170.23/32", 80),
        egress("169.254.169.254/32", 53),
        egress("128.0.0.0/1", 443, "169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32"),
    ],
}
