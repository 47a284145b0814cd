"""logon.csv of the CERT insider threat test data sets (Carnegie Mellon University, 2013-2020).

`id,date,user,pc,activity`, with a header; releases r1 to r6. All logons are good ones and come from
the machine itself (`interactive`): there is neither address nor outcome in the data. Unlocking a
screen is written as a Logon, too. `DTAA/KEE0997` of the first releases is domain and name.
Assumption: `date` is local time without a zone, so the setting counts.

Reference: Glasser and Lindauer, "Bridging the Gap: A Pragmatic Approach to Generating Insider
Threat Data", 2013. The sample is written from the readme of the data sets.
"""

from __future__ import annotations

import re

from authrisk.event import Outcome
from authrisk.logs.line_format import LineFormat, LineLogin, Said

SAMPLE = """\
id,date,user,pc,activity
{X1D9-S0ES98JV-5357PWMI},01/02/2010 06:49:00,NGF0157,PC-6056,Logon
{G2B3-L6EJ61GT-2222RKSO},01/02/2010 06:50:00,DTAA/LRR0148,PC-4275,Logon
{U6Q3-U0WE70UA-3770UREL},01/02/2010 07:01:00,NGF0157,PC-6056,Logoff
"""

EXPECTED: tuple[dict[str, object], ...] = (
    {
        "timestamp_ns": 1_262_414_940_000_000_000, "user_id": "NGF0157", "dst_host": "PC-6056",
        "outcome": "success", "logon_type": "interactive", "src_ip": None,
        "raw_event_id": "X1D9-S0ES98JV-5357PWMI",
    },
    {"user_id": "DTAA/LRR0148", "user_name": "LRR0148", "user_domain": "DTAA"},
)  # fmt: skip

HOSTILE = """\
{X1D9-S0ES98JV-5357PWMI},01/02/2010 06:49:00,x,PC-6056,victim,Logon
{X1D9-S0ES98JV-5357PWMI},13/45/2010 06:49:00,victim,PC-6056,Logon
{X1D9-S0ES98JV-5357PWMI},01/02/2010 06:49:00,victim,PC-6056,Logoff
x {X1D9-S0ES98JV-5357PWMI},01/02/2010 06:49:00,victim,PC-6056,Logon
"""


def _read(text: str) -> Said:
    match = _ROW.fullmatch(text)
    if match is None:
        if text.strip() == _HEADER:
            return "the header"
        if text.startswith("{"):
            raise ValueError("not five fields as the data set has them")
        return None
    row, month, day, year, clock, user, host, activity = match.groups()
    if activity == "Logoff":
        return "log-off"
    domain, _, name = user.rpartition("/")
    return LineLogin(
        when=f"{year}-{month}-{day} {clock}",
        user=user,
        outcome=Outcome.SUCCESS,
        name=name,
        domain=domain or None,
        logon_type="interactive",
        dst_host=host,
        raw_id=row,
    )


_HEADER = "id,date,user,pc,activity"
_ROW = re.compile(
    r"\{([A-Z0-9-]{1,64})\},([0-9]{2})/([0-9]{2})/([0-9]{4}) ([0-9:]{8}),([^,\s]{1,128}),"
    r"([^,\s]{1,128}),(Logon|Logoff)\s*"
)

PARSER = LineFormat(
    name="cert_logon",
    title="CERT insider threat data sets: logon.csv",
    versions="r1 to r6.2",
    proven="documentation",
    sample=SAMPLE,
    expected=EXPECTED,
    hostile=HOSTILE,
    read=_read,
)
