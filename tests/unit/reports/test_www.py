"""An office's own site is printed as people write it; everybody else's is broken before a viewer makes a link of it."""

import pytest

from atttcli.reports.inert import paper_text
from atttcli.reports.markdown import escaped


@pytest.mark.parametrize(
    "site", ["www.backan.gov.vn", "Cổng www.dichvucong.backan.gov.vn, lúc 8 giờ", "(www.backan.gov.vn)."]
)
def test_the_states_own_sites_stay_as_they_are(site):
    assert paper_text(site) == site


@pytest.mark.parametrize(
    "site",
    ["www.evil.example", "www.backan.gov.vn.evil.example", "www.a.gov.vn@evil.example", "www.a.gov.vn-evil.example",
     "www.a.gov.vn/x", "www.gov.vn", "www.a.gov.vn:8080"],
)  # fmt: skip
def test_any_other_is_broken(site):
    assert paper_text(site).startswith("www[.]")


def test_markdown_links_no_site_at_all():
    assert escaped("www.backan.gov.vn") == "www\\[.\\]backan.gov.vn"
