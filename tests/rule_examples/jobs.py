"""Cases of Jobs and deadlines."""

from rule_cases import DELETE, Cases, Change, put

WEB, POD = "Deployment/marquez-web", "spec template spec"
MIGRATE, RETENTION = "Job/marquez-migrate", "CronJob/marquez-retention"


def sleep(seconds: int) -> Change:
    return put(WEB, f"{POD} containers 0 lifecycle", {"preStop": {"sleep": {"seconds": seconds}}})


BROKEN: Cases = {
    "job-deadline": [
        (put(MIGRATE, "spec activeDeadlineSeconds", DELETE),),
        (put(RETENTION, "spec jobTemplate spec activeDeadlineSeconds", DELETE),),
    ],
    "job-ttl": [(put(MIGRATE, "spec ttlSecondsAfterFinished", 86400),)],
    "job-suspended": [(put(MIGRATE, "spec suspend", value=True),)],
    "deadline-order": [
        (put(MIGRATE, f"{POD} activeDeadlineSeconds", 1800),),
        (put(WEB, "spec progressDeadlineSeconds", 59),),
        (put(WEB, f"{POD} containers 0 startupProbe initialDelaySeconds", 541),),
        (sleep(30),),
    ],
}

KEPT: Cases = {
    "job-deadline": [(put(MIGRATE, "spec activeDeadlineSeconds", 60),)],
    "job-ttl": [(put(RETENTION, "spec jobTemplate spec ttlSecondsAfterFinished", 86400),)],
    "job-suspended": [
        (put(MIGRATE, "spec suspend", value=False), put(RETENTION, "spec suspend", value=True)),
    ],
    "deadline-order": [
        (put(MIGRATE, f"{POD} activeDeadlineSeconds", 1799),),
        (put(WEB, "spec progressDeadlineSeconds", 60),),
        (sleep(29),),
    ],
}
