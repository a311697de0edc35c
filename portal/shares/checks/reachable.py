"""Can anybody read the post? Source: the fairness rule that only evidence of absence fails a share (PROMISES P-34)."""

from __future__ import annotations

from portal.shares.checks.finding import Context, Finding
from portal.shares.platforms.reading import Problem, Trouble

CODE = "reachable"
ORDER = 20
NEEDS_READING = True


def check(context: Context) -> Finding:
    """A post that is gone is failed at the second look only; an outage or a login wall is never the fan's fault."""
    if context.post is not None:
        if context.post.is_public:
            return Finding.passed("public", source=context.post.source, at=context.now.isoformat())
        return Finding.failed("not_public", visibility=context.post.visibility)
    if context.problem is None:
        return Finding.unknown("not_read_yet")
    return _of_problem(context, context.problem)


def _of_problem(context: Context, problem: Problem) -> Finding:
    if problem.trouble is Trouble.NOT_PUBLIC:
        return Finding.failed("not_public", visibility=problem.detail)
    if problem.trouble is not Trouble.GONE:
        return Finding.unknown(str(problem.trouble), network=context.identified.platform, detail=problem.detail)
    if context.gone_since is not None and context.now - context.gone_since >= context.second_look_after:
        return Finding.failed("gone", first=context.gone_since.isoformat())
    return Finding.unknown("gone_once")
