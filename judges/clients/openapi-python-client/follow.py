"""Submit the job, follow it to its end, and print the end and what its sink wrote."""

import json
import sys
import time
from pathlib import Path

from seatunnel import Client
from seatunnel.api.jobs import get_job_info
from seatunnel.api.submissions import submit_job
from seatunnel.models import FinishedJob, JobConfig, SubmittedJob, UnknownJob

client = Client(base_url=sys.argv[1])
config = JobConfig.from_dict(json.loads(Path("job.json").read_text()))
receipt = submit_job.sync(client=client, body=config)
assert isinstance(receipt, SubmittedJob), receipt
while not isinstance(job := get_job_info.sync(receipt.job_id, client=client), FinishedJob):
    assert not isinstance(job, UnknownJob), job
    time.sleep(0.1)
# Some releases write `sinkWriteCount`, others `SinkWriteCount`.
counts = {name.lower(): value for name, value in job.metrics.to_dict().items()}
print(job.job_status.value, counts["sinkwritecount"])
