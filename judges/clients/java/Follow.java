import java.nio.file.Files;
import java.nio.file.Path;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.JobsApi;
import org.openapitools.client.api.SubmissionsApi;
import org.openapitools.client.model.FinishedJob;
import org.openapitools.client.model.JobConfig;
import org.openapitools.client.model.UnknownJob;

/** Submit the job, follow it to its end, and print the end and what its sink wrote. */
public final class Follow {
    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient().setBasePath(arguments[0]);
        JobsApi jobs = new JobsApi(client);
        JobConfig config = JobConfig.fromJson(Files.readString(Path.of("job.json")));
        String jobId = new SubmissionsApi(client).submitJob(config).execute().getJobId();
        Object found = jobs.getJobInfo(jobId).execute().getActualInstance();
        while (!(found instanceof FinishedJob)) {
            if (found instanceof UnknownJob) {
                throw new IllegalStateException(found.toString());
            }
            Thread.sleep(100);
            found = jobs.getJobInfo(jobId).execute().getActualInstance();
        }
        FinishedJob job = (FinishedJob) found;
        System.out.println(job.getJobStatus() + " " + job.getMetrics().getSinkWriteCount());
    }
}
