"""The contract of log formats, for the data-set formats."""

from __future__ import annotations

import pytest

from authrisk.logs.formats import ecs_ndjson, lanl_auth, rba_csv
from authrisk.logs.parser import Parser
from authrisk.logs.sniff import sniff
from authrisk.testing.parser import check_parser

PARSERS: list[Parser] = [ecs_ndjson.PARSER, lanl_auth.PARSER, rba_csv.PARSER]


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_contract(parser: Parser) -> None:
    """Each format keeps every promise of a parser."""
    check_parser(parser)


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_only_one_claims(parser: Parser) -> None:
    """No two of the formats claim one another's sample."""
    assert sniff(parser.sample.splitlines(), PARSERS) is parser
