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
	client := must(seatunnel.NewClientWithResponses(os.Args[1]))
	config := must(os.Open("job.json"))
	receipt := must(client.SubmitJobWithBodyWithResponse(ctx, &seatunnel.SubmitJobParams{}, "application/json", config))
	if receipt.JSON200 == nil {
		panic(string(receipt.Body))
	}
	for {
		job, err := must(client.GetJobInfoWithResponse(ctx, receipt.JSON200.JobId)).JSON200.AsFinishedJob()
		if err == nil && job.JobStatus == "FINISHED" {
			fmt.Println(job.JobStatus, sinkWriteCount(job.Metrics))
			return
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
