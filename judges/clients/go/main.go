// Submit the job, follow it to its end, and print the end and what its sink wrote.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"example.org/follow/seatunnel"
)

func main() {
	ctx := context.Background()
	configuration := seatunnel.NewConfiguration()
	configuration.Servers = seatunnel.ServerConfigurations{{URL: os.Args[1]}}
	client := seatunnel.NewAPIClient(configuration)
	var config seatunnel.JobConfig
	check(json.Unmarshal(must(os.ReadFile("job.json")), &config))
	receipt, _, err := client.SubmissionsAPI.SubmitJob(ctx).JobConfig(config).Execute()
	check(err)
	for {
		job, _, err := client.JobsAPI.GetJobInfo(ctx, receipt.JobId).Execute()
		check(err)
		if finished := job.FinishedJob; finished != nil {
			fmt.Println(finished.JobStatus, sinkWriteCount(finished.Metrics))
			return
		}
		if job.UnknownJob != nil {
			panic(job.UnknownJob)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// sinkWriteCount finds the count that some releases call `sinkWriteCount` and others `SinkWriteCount`.
func sinkWriteCount(metrics any) any {
	var counts map[string]any
	check(json.Unmarshal(must(json.Marshal(metrics)), &counts))
	for name, value := range counts {
		if strings.EqualFold(name, "sinkWriteCount") {
			return value
		}
	}
	return nil
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
