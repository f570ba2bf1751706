"""What happens. Read this table first: typed commands, then understood intents; the value is the function to read next.

A handler gets the message and a Context, changes the session, never commits, and returns the Reply.
"""

from collections.abc import Callable

from classifiers import Intent
from handlers import binding, consent, evaluation, help, leading, progress, report, request, task
from handlers.command import Verb
from handlers.message import Context, IncomingMessage, Reply
from handlers.service import chat as service

Handler = Callable[[IncomingMessage, Context], Reply]

HANDLERS: dict[Verb | Intent, Handler] = {
    # residents
    Verb.SHOW: progress.show,
    Verb.MY_REPORTS: progress.my_reports,
    Verb.SUPPLEMENT: progress.supplement,
    Verb.WITHDRAW: progress.withdraw,
    Verb.URGE: progress.urge,
    Verb.SOLVED: evaluation.solved,
    Verb.NOT_SOLVED: evaluation.not_solved,
    Verb.SATISFIED: evaluation.satisfied,
    Verb.NOT_SATISFIED: evaluation.not_satisfied,
    Verb.HELP: help.handle,
    Verb.CONSENT: consent.agree,
    Verb.REFUSE_CONSENT: consent.refuse,
    # grid members and departments
    Verb.ACCEPT: task.accept,
    Verb.ARRIVE: task.arrive,
    Verb.RESOLVE: task.resolve,
    Verb.RETURN: task.return_,
    Verb.REASSIGN: task.reassign,
    Verb.EXTEND: task.extend,
    Verb.ESCALATE: task.escalate,
    Verb.MY_TASKS: task.my_tasks,
    # party members, about service days
    Verb.SIGN_UP: service.sign_up,
    Verb.LEAVE: service.leave,
    Verb.MY_SERVICE: service.my_service,
    Verb.SIGN_IN: service.sign_in,
    Verb.SIGN_OUT: service.sign_out,
    Verb.CONFIRM: service.confirm,
    # leaders
    Verb.DISPATCH: leading.dispatch_to,
    Verb.DECLINE: leading.decline,
    Verb.MERGE: leading.merge,
    Verb.SPLIT: leading.split,
    Verb.TO_DISCIPLINE: leading.to_discipline,
    # whoever looks after a group
    Verb.BIND: binding.bind,
    # what was understood
    Intent.REPORT: report.handle,
    Intent.INQUIRY: request.handle,
    Intent.SUGGESTION: request.handle,
    Intent.PRAISE: request.thank,
    Intent.NONE: help.handle,
}
