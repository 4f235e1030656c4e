// Submit the job, follow it to its end, and print the end and what its sink wrote.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Configuration, JobConfigFromJSON, JobsApi, SubmissionsApi } from "./seatunnel/index.js";

const configuration = new Configuration({ basePath: process.argv[2] });
const jobs = new JobsApi(configuration);
const jobConfig = JobConfigFromJSON(JSON.parse(readFileSync("job.json", "utf8")));
const { jobId } = await new SubmissionsApi(configuration).submitJob({ jobConfig });

async function finished() {
  for (;;) {
    const job = await jobs.getJobInfo({ jobId });
    if ("jobStatus" in job && job.jobStatus === "FINISHED") return job;
    await setTimeout(100);
  }
}

const job = await finished();
console.log(job.jobStatus, job.metrics.sinkWriteCount);
