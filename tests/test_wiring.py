"""What wiring decides itself: proxies as the transport takes them."""

import pytest

from pinwise.wiring import proxy_patterns


@pytest.mark.parametrize(
    ("proxies", "patterns"),
    [
        ({}, {}),
        ({"https": "http://p.example:1"}, {"https://": "http://p.example:1"}),
        (
            {"all": "p.example:1", "http": "q.example:2"},
            {"http://": "http://q.example:2", "all://": "http://p.example:1"},
        ),
        ({"all": "http://p", "no": "*"}, {}),
        (
            {"all": "http://p", "no": "localhost, 10.0.0.1,::1,corp.example,.lab.example,*.x.example"},
            {
                "all://": "http://p",
                "all://localhost": None,
                "all://10.0.0.1": None,
                "all://[::1]": None,
                "all://*corp.example": None,
                "all://*.lab.example": None,
                "all://*.x.example": None,
            },
        ),
        ({"no": "https://only.example"}, {"https://only.example": None}),
    ],
)
def test_proxies_become_patterns(proxies: dict[str, str], patterns: dict[str, str | None]) -> None:
    """Each scheme has its proxy; what `NO_PROXY` names has none, names with their subdomains."""
    assert proxy_patterns(proxies) == patterns
