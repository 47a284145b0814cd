"""From a request to the login event that the engine reads."""

from __future__ import annotations

import hashlib
import uuid

import msgspec

from authrisk.enrich.address import normalise
from authrisk.event import LoginEvent, Outcome
from authrisk.service import fields
from authrisk.service.problems import Problem
from authrisk.service.settings import ServiceSettings
from authrisk.service.wire import AssessmentRequest, DocumentedRequest


def login_of(request: AssessmentRequest, settings: ServiceSettings) -> LoginEvent:
    """The event of a /v1 request; raises Problem 422 naming the field."""
    if request.event_id is None:
        event_id = str(uuid.uuid4())
    else:
        event_id = fields.identifier(request.event_id, "/eventID")
    return LoginEvent(
        event_id=event_id,
        timestamp_ns=fields.time_ns(request.timestamp),
        user_id=fields.user_id_text(request.user_id),
        outcome=Outcome(request.outcome),
        src_ip=_address(request.location, settings),
        user_agent=fields.free_text(request.user_agent, fields.LONGEST_AGENT),
        app=fields.free_text(request.app, fields.LONGEST_ID),
        auth_method=fields.free_text(request.auth_method, fields.LONGEST_ID),
        mfa=request.mfa,
        device_id=fields.free_text(request.device_id, fields.LONGEST_ID),
        session_id=fields.free_text(request.session_id, fields.LONGEST_ID),
        rtt_ms=request.rtt_ms,
        source_type="api",
    )


def documented_login_of(request: DocumentedRequest, settings: ServiceSettings) -> LoginEvent:
    """The event of a documented request; its id is made of its content, so that a retry is the
    same login."""
    user_id = fields.user_id_text(request.user_id)
    timestamp_ns = fields.time_ns(request.timestamp)
    address = _address(request.location, settings)
    user_agent = fields.free_text(request.user_agent, fields.LONGEST_AGENT)
    content = msgspec.json.encode((user_id, timestamp_ns, address, user_agent))
    return LoginEvent(
        event_id="content-" + hashlib.sha256(content).hexdigest()[:32],
        timestamp_ns=timestamp_ns,
        user_id=user_id,
        src_ip=address,
        user_agent=user_agent,
        source_type="api",
    )


def _address(text: str | None, settings: ServiceSettings) -> str | None:
    """One spelling for each address; what is none stays as it was written, cut short."""
    text = fields.free_text(text, fields.LONGEST_ADDRESS)
    if text is None:
        return None
    address = normalise(text)
    if settings.strict_ip and address.version is None:
        raise Problem(422, "is no IP address", "/location")
    return address.text
