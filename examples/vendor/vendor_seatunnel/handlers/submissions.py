"""The operations tagged submissions: yours to write. New ones are appended; nothing else is changed."""

from __future__ import annotations

from typing import Any

from seatunnel_server.hosting import Answer, Request, Unimplemented

from vendor_seatunnel.contract import types


async def submit_job(
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str,
    format_: str,
    request: Request[types.JobConfig],
) -> types.SubmittedJob | Answer:
    """Submit a job: POST /submit-job.

    What the conformance suite holds it to:
    - submit-job.receipt (MUST): A job that is accepted is answered with 200 and its id and name.
    - submit-job.given-id (MUST): A job has the id that `jobId` gives, without its plus sign and leading zeros.
    - submit-job.generated-id (MUST): A job for which no id is given, or a blank one, gets a new one.
    - submit-job.invalid-id (MUST): A `jobId` that is neither blank nor an integer of 64 bits is answered with 400.
    - submit-job.given-name (MUST): A job has the name that `jobName` gives, in any script, also if its `env` has
      another.
    - submit-job.name-from-env (MUST): A job for which no name is given, or an empty one, has the name in its `env`.
    - submit-job.default-name (SHOULD): A job that is named nowhere is called `SeaTunnel_Job`.
    - submit-job.savepoint-without-id (MUST): A start from a savepoint without `jobId` is answered with 400, before
      the body is looked at.
    - submit-job.savepoint-words (SHOULD): Only `true`, in any letter case, asks for a start from a savepoint.
    - submit-job.id-of-running-job (MUST): The id of a job that has not ended is answered with 200, and the job
      stays as it is.
    - submit-job.id-of-ended-job (MUST): The id of an ended job, without the savepoint flag, is answered as the fact
      `finishedId` says, and the job stays as it is.
    - submit-job.documented-job (MUST): The job of the page's example is accepted, ends `FINISHED`, and has read and
      written all of its rows.
    - submit-job.missing-section (MUST): A config without `env`, `source` or `sink` is answered with 500.
    - submit-job.empty-section (MUST): A config whose `source` or `sink` is an empty list is answered with 400.
    - submit-job.transform-optional (MUST): The `transform` of a config may be missing, empty or null.
    - submit-job.further-members (SHOULD): Members of the body that a config does not have are ignored.
    - submit-job.reserved-keys (SHOULD): A key, at any depth, that is empty or holds a character such as a colon or
      a dollar sign is answered with 500.
    - submit-job.missing-plugin-name (MUST): A plugin without `plugin_name` is answered with 500.
    - submit-job.unknown-plugin (MUST): A source, transform or sink that is not installed is answered with 500.
    - submit-job.plugin-name-case (SHOULD): The letter case of a plugin name does not matter.
    - submit-job.option-kind (SHOULD): A `job.mode` that is no mode, or a `parallelism` that is no number, is
      answered with 400.
    - submit-job.table-options (MUST): Plugins are connected by the options that the facts `inputKeys` and
      `outputKeys` name, each of them with the same effect.
    - submit-job.unconnected-tables (SHOULD): Of several steps, one that reads an unknown table, or writes one that
      another writes, is answered with 500.
    - submit-job.encrypted-credentials (MUST): Credentials that are encrypted by the algorithm in `env` are
      accepted, and those that can't be decrypted are answered with 400.
    - submit-job.form-body (SHOULD): A body that is sent as `application/x-www-form-urlencoded` is answered as the
      fact `formBody` says.
    - submit-job.body-formats (MUST): A body is read as one of the languages that the fact `bodyFormats` names, and
      as JSON if none is asked for.
    - submit-job.refused-is-unknown (MUST): A job that was refused is unknown afterwards, and not in the history.
    - submit-job.format-words (SHOULD): The letter case of `format` does not matter, and a word that is no language
      counts as JSON.
    - submit-job.hocon-plugins (MUST): In HOCON a plugin is a block named after it within `source`, `transform` or
      `sink`, and a second block of that name is a second plugin.
    - submit-job.hocon-dots (MUST): In HOCON a key with dots is one key, as in JSON.
    - submit-job.hocon-substitution (SHOULD): In HOCON nothing is substituted, and a config that asks for it is
      answered with 400.
    - submit-job.hocon-broken (SHOULD): HOCON that can't be read, or is empty, or lists its plugins as JSON does, is
      answered with 500.
    - submit-job.credential-kinds (SHOULD): A credential that is neither text nor a list of texts is answered with
      500, if the config names an algorithm or not.
    """
    raise Unimplemented


async def submit_jobs(*, request: Request[types.JobSubmissions]) -> types.SubmittedJobs | Answer:
    """Submit several jobs: POST /submit-jobs.

    What the conformance suite holds it to:
    - submit-jobs.receipts (MUST): Jobs that are accepted are answered with 200 and a list of their ids and names,
      in the order of the request.
    - submit-jobs.optional-params (MUST): Each of the parameters may be missing, with the effect that it has for a
      single job.
    - submit-jobs.missing-params (SHOULD): A job without `params` is answered as the fact `missingParams` says.
    - submit-jobs.empty-params (SHOULD): A job whose `params` is empty is answered as the fact `emptyParams` says.
    - submit-jobs.text-params (SHOULD): A parameter that is a number or a truth value is answered as the fact
      `nonTextParam` says.
    - submit-jobs.values-read-again (SHOULD): The values of `params` are joined to a query and read from it, so
      escapes in them are decoded and an ampersand ends them.
    - submit-jobs.invalid-params (MUST): An id that is no integer, and a start from a savepoint without an id, are
      answered with 400.
    - submit-jobs.no-jobs (MUST): A list without jobs is answered with 200 and an empty list.
    - submit-jobs.not-objects (SHOULD): What is no object is skipped, in the list and as the whole body.
    - submit-jobs.one-by-one (MUST): When a job fails that can't be planned or submitted, those before it run all
      the same.
    """
    raise Unimplemented


async def submit_job_by_upload(
    *,
    job_id: str | None,
    job_name: str | None,
    is_start_with_save_point: str,
    request: Request[Any],
) -> types.SubmittedJob | Answer:
    """Submit a job as a file: POST /submit-job/upload.

    What the conformance suite holds it to:
    - submit-job.upload (MUST): A config that is uploaded as `config_file` is answered with 200 and the id and name
      of its job, which runs.
    - submit-job.upload-language (MUST): The ending of an uploaded file's name, letter case included, tells which of
      the languages of the fact `bodyFormats` it is in, HOCON if it tells none.
    - submit-job.upload-parameters (SHOULD): The parameters of an upload are taken from its query or from fields of
      its form.
    - submit-job.upload-missing-file (SHOULD): An upload without `config_file`, or that is no multipart form, is
      answered with 500.
    - submit-job.upload-unnamed-file (SHOULD): A `config_file` that is sent without a file name is taken as the fact
      `unnamedFile` says.
    - submit-job.upload-invalid-id (MUST): An upload whose `jobId` is no integer, or that is to start from a
      savepoint without one, is answered with 400.
    """
    raise Unimplemented
