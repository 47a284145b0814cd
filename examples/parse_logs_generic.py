"""How to read the log of a server that authrisk does not know, in Python.

The server is invented: "Harbor VPN" writes one line per decision, with `key=value` pairs. Where
one pattern per line is enough, a TOML file does the same without code: `acme_login.toml`.

Run it to see what its own sample gives:

    python examples/parse_logs_generic.py

To use such a parser by name, ship it in a package with the entry point

    [project.entry-points."authrisk.formats"]
    harbor_vpn = "your_package.harbor_vpn:PARSER"

and `authrisk parse vpn.log --format harbor_vpn -o events.parquet` finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from authrisk.event import LoginEvent, Outcome, to_json
from authrisk.logs.address import read_origin
from authrisk.logs.parser import Ignored, Item, Line, ParseSettings, Proven, Rejected
from authrisk.logs.timestamps import StampReader
from authrisk.testing.parser import check_parser, parse_text

# The grammar. Three rules keep a liar out:
#  1. anchored at both ends (`fullmatch` below), never a search within the line;
#  2. what the attacker types (user, agent) stands between quotes that it cannot contain, or is
#     read greedily from the right end;
#  3. no repeat inside a repeat, so that the cost stays linear. `++` gives nothing back.
DECISION = re.compile(
    r"(?P<stamp>\S++) harbor-vpn\[[0-9]+\]: (?P<verdict>granted|refused|challenge)"
    r' user="(?P<user>[^"]*)" peer=(?P<peer>\S++) gate=(?P<gate>\S++)'
    r'(?: agent="(?P<agent>[^"]*)")?(?: reason=(?P<reason>[a-z-]+))?'
)

# What the server says -> the closed vocabularies of `Outcome` and FAILURE_REASONS.
OUTCOMES = {
    "granted": Outcome.SUCCESS,
    "refused": Outcome.FAILURE,
    "challenge": Outcome.INTERRUPTED,  # a second factor was asked for: neither yes nor no
}
REASONS = {"bad-password": "bad_credentials", "no-user": "unknown_user", "locked": "locked"}


class HarborVpn:
    """A complete parser: seven facts, `claims`, and `parse`."""

    name = "harbor_vpn"
    title = "Harbor VPN: /var/log/harbor/vpn.log"
    versions = "2.0 to 2.4"
    proven: Proven = "documentation"  # or "samples", when real lines were at hand

    # Not needed, for speed: lines without one of these are skipped before they are decoded.
    marks = (" harbor-vpn[",)

    # Lines as the server writes them, made up or real, but never with a real person's data.
    sample = """\
2024-05-06T07:08:09.123Z harbor-vpn[812]: granted user="ada" peer=203.0.113.7:51820 gate=berlin \
agent="HarborClient/2.1 (Windows 11)"
2024-05-06T07:09:00Z harbor-vpn[812]: refused user="bob" peer=[2001:db8::9]:51820 gate=berlin \
reason=bad-password
2024-05-06T07:09:30Z harbor-vpn[812]: challenge user="bob" peer=2001:db8::9 gate=berlin
2024-05-06T07:10:00Z harbor-vpn[812]: tunnel closed for peer 203.0.113.7"""

    # What must come out of the sample: one dict per event, the fields that matter.
    expected: Sequence[dict[str, object]] = (
        {
            "user_id": "ada",
            "outcome": "success",
            "timestamp_ns": 1_714_979_289_123_000_000,
            "src_ip": "203.0.113.7",
            "src_port": 51820,
            "app": "berlin",
            "user_agent": "HarborClient/2.1 (Windows 11)",
        },
        {"user_id": "bob", "outcome": "failure", "failure_reason": "bad_credentials"},
        {"user_id": "bob", "outcome": "interrupted", "src_ip": "2001:db8::9"},
    )

    # Lines of somebody who wants a login of the user `victim` to appear: none may.
    hostile = """\
2024-05-06T07:09:00Z harbor-vpn[812]: refused user="x granted user=victim" peer=6.6.6.6 gate=a
2024-05-06T07:09:00Z harbor-vpn[812]: refused user="x" peer=6.6.6.6 gate=a agent="2024-05-06\
T07:09:00Z harbor-vpn[1]: granted user="victim" peer=1.2.3.4 gate=a"
2024-05-06T07:09:00Z cron[1]: 2024-05-06T07:09:00Z harbor-vpn[1]: granted user="victim" \
peer=1.2.3.4 gate=a"""

    def claims(self, head: Sequence[str]) -> bool:
        """True only when the first lines of a file can be nothing else."""
        return any(DECISION.fullmatch(text) for text in head)

    def parse(self, lines: Iterable[Line], settings: ParseSettings) -> Iterator[Item]:
        """Every line gives an item: an event, `Ignored` with why, or `Rejected` with why."""
        stamps = StampReader(settings)  # knows zones, yearless stamps, fractions
        for line in lines:
            # A cheap look before the expression: most lines of a log are something else.
            if " harbor-vpn[" not in line.text:
                yield Ignored(line, "another program")
            elif (match := DECISION.fullmatch(line.text)) is not None:
                yield self._event(line, match, stamps)
            elif 'user="' in line.text:
                # It talks of a user and does not fit: count it where people look.
                yield Rejected(line, "decision that does not fit")
            else:
                yield Ignored(line, "no decision")

    def _event(self, line: Line, match: re.Match[str], stamps: StampReader) -> Item:
        try:
            timestamp_ns = stamps.utc_ns(match["stamp"])
        except ValueError:
            return Rejected(line, "a stamp that is no time")
        origin = read_origin(match["peer"])  # brackets, port, ::ffff:, host names
        return LoginEvent(
            event_id=line.place,  # the log has no id of its own: file and line
            timestamp_ns=timestamp_ns,
            user_id=match["user"] or None,  # unknown is None, never ""
            outcome=OUTCOMES[match["verdict"]],
            failure_reason=REASONS.get(match["reason"], "other") if match["reason"] else None,
            failure_code=match["reason"],
            src_ip=origin.ip,
            src_host=origin.host,
            src_port=origin.port,
            user_agent=match["agent"] or None,
            app=match["gate"],
            source_type=self.name,
        )


PARSER = HarborVpn()


def main() -> None:
    """Check the parser, then print the events of its sample, one JSON object a line."""
    check_parser(PARSER)
    for item in parse_text(PARSER, PARSER.sample):
        if isinstance(item, LoginEvent):
            print(to_json(item).decode())
        else:
            print(f"# {item.line.place}: {item.cause}")


if __name__ == "__main__":
    main()
