"""A job whose steps have pods of their own."""

from dagster import job, op
from dagster_k8s import k8s_job_executor

OP_TAG = '{"container_config": {"resources": {"limits": {"nvidia.com/gpu": "1"}}}}'


@op(tags={"dagster-k8s/config": OP_TAG})
def train() -> None: ...


@job(executor_def=k8s_job_executor)
def training() -> None:
    train()
