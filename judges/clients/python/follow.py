"""Submit the job, follow it to its end, and print the end and what its sink wrote."""

import json
import sys
import time
from pathlib import Path

from seatunnel import (
    ApiClient,
    Configuration,
    Env,
    FinishedJob,
    JobConfig,
    JobsApi,
    SinkPlugin,
    SourcePlugin,
    SubmissionsApi,
    UnknownJob,
)

text = json.loads(Path("job.json").read_text())
# `JobConfig.from_json` would set members of any type that the text lacks to null, which engines refuse.
config = JobConfig(
    env=Env(additional_properties=text["env"]),
    source=[SourcePlugin(plugin_name=plugin["plugin_name"], additional_properties=plugin) for plugin in text["source"]],
    sink=[SinkPlugin(plugin_name=plugin["plugin_name"], additional_properties=plugin) for plugin in text["sink"]],
)
with ApiClient(Configuration(host=sys.argv[1])) as client:
    receipt = SubmissionsApi(client).submit_job(config)
    jobs = JobsApi(client)
    while not isinstance(job := jobs.get_job_info(receipt.job_id).actual_instance, FinishedJob):
        assert not isinstance(job, UnknownJob), job
        time.sleep(0.1)
# Some releases write `sinkWriteCount`, others `SinkWriteCount`.
counts = {name.lower(): value for name, value in job.metrics.to_dict().items()}
print(job.job_status.value, counts["sinkwritecount"])
