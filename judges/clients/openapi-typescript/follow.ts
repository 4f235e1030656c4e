// Submit the job, follow it to its end, and print the end and what its sink wrote.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: process.argv[2] });
const config: components["schemas"]["JobConfig"] = JSON.parse(readFileSync("job.json", "utf8"));
const { data: receipt, error } = await client.POST("/submit-job", { body: config });
if (!receipt) throw new Error(JSON.stringify(error));

async function finished(jobId: string) {
  for (;;) {
    const { data: job } = await client.GET("/job-info/{jobId}", { params: { path: { jobId } } });
    if (job && "jobStatus" in job && job.jobStatus === "FINISHED") return job;
    await setTimeout(100);
  }
}

const job = await finished(receipt.jobId);
// Some releases write `sinkWriteCount`, others `SinkWriteCount`.
const counts = Object.fromEntries(Object.entries(job.metrics).map(([name, value]) => [name.toLowerCase(), value]));
console.log(job.jobStatus, counts.sinkwritecount);
