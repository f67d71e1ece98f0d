"""The storm of `make bench` as a promise: nothing is lost, and waiting changes do not multiply the calls."""

from benchmarks.account import Account
from benchmarks.storm import HOSTS, MEETINGS, SEED, moderated


def test_a_thousand_hosts_at_once_end_in_what_the_rules_say() -> None:
    measured = moderated(Account(SEED))
    assert measured.audible == 0
    assert measured.calls < MEETINGS * HOSTS / 2
