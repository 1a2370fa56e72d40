"""The tool list_databases."""

from server.model.reports import DatabaseList
from tools.calling import Context, run_job
from tools.whereabouts import Roots, first_folder


async def list_databases(context: Context, roots: Roots) -> DatabaseList:
    """The databases you can name in the other tools: configured ones and one per git worktree. Start here.

    `current` is the one of the worktree you are in. One that is down is listed with its problem.
    """
    from server.jobs.list_databases import list_databases as job

    return await run_job(context, job, here=first_folder(roots))
