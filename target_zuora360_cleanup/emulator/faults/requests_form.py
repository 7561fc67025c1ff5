"""What a rule for requests may say: the form of `requests`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from target_zuora360_cleanup.emulator.faults.spoiling import SPOILT

if TYPE_CHECKING:
    from target_zuora360_cleanup.emulator.faults.kind import Form

__all__ = ["REQUESTS_FORM"]

REQUESTS_FORM: Final[Form] = {
    "type": "array",
    "description": (
        "What happens to matching HTTP requests. The first rule that fires decides; a rule "
        "with only a latency lets later rules fire too."
    ),
    "items": {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [
            {
                "required": ["status"],
            },
            {
                "required": ["cut"],
            },
            {
                "required": ["latency"],
            },
            {
                "required": ["limit"],
            },
            {
                "required": ["answer"],
            },
            {
                "required": ["spoil"],
            },
            {
                "required": ["without"],
            },
        ],
        "properties": {
            "method": {
                "type": "string",
                "pattern": "^[A-Z]+$",
                "description": "HTTP method in upper case; any when left out.",
            },
            "path": {
                "type": "string",
                "minLength": 1,
                "description": (
                    "Shell pattern for the whole path, without regard to case; * matches "
                    "slashes too. Any when left out."
                ),
            },
            "probability": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "Share of the matching requests that the rule fires for.",
            },
            "nth": {
                "type": "integer",
                "minimum": 1,
                "description": "The rule fires from the n-th matching request on.",
            },
            "every": {
                "type": "integer",
                "minimum": 1,
                "description": "The rule fires for every n-th matching request.",
            },
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How often the rule fires at most.",
            },
            "status": {
                "type": "integer",
                "minimum": 400,
                "maximum": 599,
                "description": "HTTP status to answer with.",
            },
            "code": {
                "type": "string",
                "description": ("errorCode in the body; a usual one for the status when left out."),
            },
            "message": {
                "type": "string",
                "description": "message in the body.",
            },
            "retry_after": {
                "type": "number",
                "minimum": 0,
                "description": "Seconds in a Retry-After header.",
            },
            "latency": {
                "description": (
                    "Seconds to wait before the request is handled: a number, or a range "
                    "from which one is drawn."
                ),
                "oneOf": [
                    {
                        "type": "number",
                        "minimum": 0,
                    },
                    {
                        "type": "array",
                        "items": {
                            "type": "number",
                            "minimum": 0,
                        },
                        "minItems": 2,
                        "maxItems": 2,
                    },
                ],
            },
            "cut": {
                "enum": ["before", "after", "within"],
                "description": (
                    "Close the connection: before or after the request took effect, without an "
                    "answer; or within the answer, after half of its body."
                ),
            },
            "limit": {
                "enum": ["ConcurrentRequests", "TotalRequests"],
                "description": (
                    "403 REQUEST_LIMIT_EXCEEDED: too many requests at a time, or in a day."
                ),
            },
            "answer": {
                "description": (
                    "Answer with this; the request takes no effect. html is a maintenance page "
                    "with status 200."
                ),
                "oneOf": [
                    {
                        "const": "html",
                    },
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["body"],
                        "properties": {
                            "status": {
                                "type": "integer",
                                "minimum": 200,
                                "maximum": 599,
                                "default": 200,
                            },
                            "type": {
                                "type": "string",
                                "default": "text/html; charset=UTF-8",
                            },
                            "body": {
                                "type": "string",
                            },
                            "headers": {
                                "type": "object",
                                "additionalProperties": {
                                    "type": "string",
                                },
                            },
                        },
                    },
                ],
            },
            "spoil": {
                "enum": list(SPOILT),
                "description": (
                    "The request takes effect, and its answer is spoilt: html instead of it, half "
                    "of it, no body, in a list, a mark for the byte order in front, a byte that "
                    "is no UTF-8, the last row cut in its quotes, the last row missing (short)."
                ),
            },
            "without": {
                "type": "string",
                "minLength": 1,
                "description": "The request takes effect; its answer, JSON, lacks this key.",
            },
        },
    },
}
