"""Facts in; order, findings, allowances, what stays and the saved plan out. Pure: nothing is read.

The checks are a registry in `plan.checks`. Reading facts is left to `facts`, carrying a plan out to
`deletion`, and the states that are reset to `state`.
"""

from target_zuora360_cleanup.plan.check import Approval, Check, Weighed
from target_zuora360_cleanup.plan.checks import CHECKS, CODES, find_all
from target_zuora360_cleanup.plan.estimate import Estimate
from target_zuora360_cleanup.plan.finding import Code, Finding, Severity, by_severity
from target_zuora360_cleanup.plan.making import make_plan
from target_zuora360_cleanup.plan.plan import Plan, Step, backup_bytes
from target_zuora360_cleanup.plan.saved import SavedPlan

__all__ = [
    "CHECKS",
    "CODES",
    "Approval",
    "Check",
    "Code",
    "Estimate",
    "Finding",
    "Plan",
    "SavedPlan",
    "Severity",
    "Step",
    "Weighed",
    "backup_bytes",
    "by_severity",
    "find_all",
    "make_plan",
]
