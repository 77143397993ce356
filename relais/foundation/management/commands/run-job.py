"""`relais run-job RUN WORKER`: one run that the worker has claimed, in this process. Started by the worker, never by hand."""

import os

from django.core.management.base import BaseCommand

from relais.foundation import schedule
from relais.foundation.serve import die_with


class Command(BaseCommand):
    help = "Do one run of a scheduled job. The worker starts it: by hand, use the command of the job itself."

    def add_arguments(self, parser):
        parser.add_argument("run", type=int)
        parser.add_argument("worker", type=int)

    def handle(self, *, run, worker, **options):
        die_with(worker)()
        # Messages first.
        os.nice(10)
        schedule.perform(run)
