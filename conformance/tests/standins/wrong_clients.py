"""A correct client, and small clients of which each breaks one rule for clients."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

import httpx2

CONFIG = {
    "env": {"job.mode": "BATCH"},
    "source": [{"plugin_name": "FakeSource", "row.num": 5, "schema": {"fields": {"name": "string"}}}],
    "sink": [{"plugin_name": "Console"}],
}


class Good:
    """Submits a job, waits for its end and for that of a given job, and prints how they ended."""

    pause = 0.3
    limit: float | None = 10
    parameters: ClassVar[Mapping[str, str]] = {"jobName": "nightly"}
    path = "/job-info/{}"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.job, self.scenario = environment["SEATUNNEL_JOB_ID"], environment["SEATUNNEL_SCENARIO"]
        self.http = httpx2.Client(base_url=environment["SEATUNNEL_URL"], timeout=10, trust_env=False)

    def __call__(self) -> Any:
        with self.http:
            if self.scenario == "stop-error":
                return self.stop(self.job)
            if self.scenario == "long-list":
                return self.list()
            return self.follow()

    def follow(self) -> Any:
        self.wait(self.submit())
        return self.wait(self.job)

    def submit(self) -> str:
        return str(self.read(self.http.post("/submit-job", params=self.parameters, json=CONFIG))["jobId"])

    def read(self, response: httpx2.Response) -> Any:
        return response.raise_for_status().json()

    def state(self, job: str) -> str | None:
        limit = 0.3 if self.limit and self.scenario == "slow-answer" else self.limit
        while (response := self.http.get(self.path.format(job), timeout=limit)).status_code == 500:
            time.sleep(self.pause)
        return self.read(response).get("jobStatus")

    def wait(self, job: str) -> Any:
        while (state := self.state(job)) not in {None, "FINISHED", "FAILED", "CANCELED"}:
            time.sleep(self.pause)
        return self.ended(job, state)

    def ended(self, job: str, state: str | None) -> Any:
        if state is None:
            raise LookupError(f"the engine does not know the job {job}")
        return 0 if state == "FINISHED" else 1

    def stop(self, job: str) -> Any:
        self.read(self.http.post("/stop-job", json={"jobId": job}))

    def list(self) -> Any:
        return str(len(self.read(self.http.get("/running-jobs"))) + len(self.read(self.http.get("/finished-jobs"))))


class UsesTheOldApi(Good):
    def submit(self) -> str:
        self.http.get("/hazelcast/rest/maps/overview")
        return super().submit()


class UsesADeprecatedPath(Good):
    path = "/running-job/{}"


class MisspellsAParameter(Good):
    parameters: ClassVar[Mapping[str, str]] = {"jobname": "nightly"}


class SendsNoType(Good):
    def submit(self) -> str:
        content = httpx2.Request("POST", "http://x", json=CONFIG).content
        return str(self.read(self.http.post("/submit-job", content=content))["jobId"])


class ReadsIdsAsFloats(Good):
    def wait(self, job: str) -> Any:
        return super().wait(str(int(float(job))))


class StopsByNumber(Good):
    def stop(self, job: str) -> Any:
        self.read(self.http.post("/stop-job", json={"jobId": int(job)}))


class MisspellsAMember(Good):
    def stop(self, job: str) -> Any:
        self.read(self.http.post("/stop-job", json={"jobId": job, "isStartWithSavePoint": True}))


class PollsWithoutAPause(Good):
    def wait(self, job: str) -> Any:
        for _ in range(6):
            self.state(job)
        return super().wait(job)


class WaitsForever(Good):
    limit = None


class SubmitsAgain(Good):
    def submit(self) -> str:
        with suppress(httpx2.TransportError):
            return super().submit()
        return super().submit()


class TakesUnknownForEnded(Good):
    def ended(self, job: str, state: str | None) -> Any:
        return 0 if state is None else super().ended(job, state)


class WaitsForAnUnknownJob(Good):
    def state(self, job: str) -> str | None:
        return super().state(job) or "RUNNING"


class LooksAmongRunningJobs(Good):
    def state(self, job: str) -> str | None:
        jobs = self.read(self.http.get("/running-jobs"))
        return next((each["jobStatus"] for each in jobs if each["jobId"] == job), None)


class KnowsOnlyRunningJobs(Good):
    def wait(self, job: str) -> Any:
        while (state := self.state(job)) == "RUNNING":
            time.sleep(self.pause)
        return self.ended(job, state)


class IgnoresHowJobsEnd(Good):
    def ended(self, job: str, state: str | None) -> Any:
        super().ended(job, state)


class IgnoresErrorsOfStops(Good):
    def stop(self, job: str) -> Any:
        self.http.post("/stop-job", json={"jobId": job})


class ReadsEverythingAsJson(Good):
    def read(self, response: httpx2.Response) -> Any:
        return response.json()


class IgnoresPages(Good):
    def state(self, job: str) -> str | None:
        return super().state(job) if self.scenario != "html-error" else str(self.http.get("/job-info/5").status_code)

    def wait(self, job: str) -> Any:
        return self.state(job)


class IgnoresRefusals(Good):
    def submit(self) -> str:
        self.http.post("/submit-job", json=CONFIG)
        raise SystemExit(0)


class GivesUpAtOnce(Good):
    def state(self, job: str) -> str | None:
        return str(self.read(self.http.get(self.path.format(job))).get("jobStatus"))


class ReadsShortLists(Good):
    def list(self) -> Any:
        if len(self.read(self.http.get("/running-jobs"))) > 400:
            raise MemoryError("too many jobs")


BAD: list[tuple[str, str, type[Good], str]] = [
    ("known-path", "healthy-job", UsesTheOldApi, "GET /hazelcast/rest/maps/overview is no operation of 2.3.13"),
    ("current-path", "healthy-job", UsesADeprecatedPath, "is deprecated"),
    ("known-parameter", "healthy-job", MisspellsAParameter, "has no parameter 'jobname'"),
    ("known-parameter", "stop-error", MisspellsAMember, "POST /stop-job has no parameter 'isStartWithSavePoint'"),
    ("content-type", "healthy-job", SendsNoType, "was sent with no content type instead of application/json"),
    ("exact-id", "large-ids", ReadsIdsAsFloats, "the client sent the id 9007199254740996 instead of 9007199254740995"),
    ("id-as-text", "stop-error", StopsByNumber, "as a number"),
    ("poll-interval", "healthy-job", PollsWithoutAPause, "with only 0.0"),
    ("time-limit", "slow-answer", WaitsForever, "the client still waited for a response after 2 s"),
    ("submit-once", "lost-submission", SubmitsAgain, "submitted the job again without a `jobId`"),
    ("unknown-job", "unknown-id", TakesUnknownForEnded, "ended with exit status 0, although the job is unknown"),
    ("unknown-job", "expired-history", WaitsForAnUnknownJob, "did not end within"),
    ("finished-job", "ends-between-polls", LooksAmongRunningJobs, "exit status 1, although the job finished"),
    ("finished-job", "waiting-job", KnowsOnlyRunningJobs, "exit status 1, although the job only waits for slots"),
    ("failed-job", "failing-job", IgnoresHowJobsEnd, "ended with exit status 0, although the job failed"),
    ("stop-error", "stop-error", IgnoresErrorsOfStops, "exit status 0, although the stop was answered 500"),
    ("error-page", "html-error", ReadsEverythingAsJson, "failed with `JSONDecodeError` on an HTML page"),
    ("error-page", "html-error", IgnoresPages, "exit status 0, although it was answered 502"),
    ("unauthorized", "credentials", IgnoresRefusals, "exit status 0, although it was answered 401"),
    ("master-change", "master-change", GivesUpAtOnce, "exit status 1, after the status 500"),
    ("long-list", "long-list", ReadsShortLists, "exit status 1 on a list of 500 jobs"),
]
