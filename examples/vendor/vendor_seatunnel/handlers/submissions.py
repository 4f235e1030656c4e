"""The operations tagged submissions. Edit this file: the generator only appends functions of new operations."""

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

    Clauses:
    - submit-job.receipt (MUST): An accepted job is answered with 200 and its id and name.
    - submit-job.given-id (MUST): A job has the id given in `jobId`, without its plus sign and leading zeros.
    - submit-job.generated-id (MUST): A job that is submitted without an id, or with a blank id, gets a new id.
    - submit-job.invalid-id (MUST): A `jobId` that is neither blank nor a 64-bit integer is answered with 400.
    - submit-job.given-name (MUST): A job has the name given in `jobName`, in any script, even if its `env` has
      another name.
    - submit-job.name-from-env (MUST): A job that is submitted without a name, or with an empty name, has the name
      in its `env`.
    - submit-job.default-name (SHOULD): A job without a name in its submission and in its `env` is called
      `SeaTunnel_Job`.
    - submit-job.savepoint-without-id (MUST): A start from a savepoint without `jobId` is answered with 400 before
      the body is read.
    - submit-job.savepoint-words (SHOULD): Only `true`, in any letter case, requests a start from a savepoint.
    - submit-job.id-of-running-job (MUST): A submission with the id of a job that has not ended is answered with
      200, and that job does not change.
    - submit-job.id-of-ended-job (MUST): A submission with the id of an ended job and without the savepoint flag is
      answered as the fact `finishedId` (here `server-error`) specifies, and that job does not change.
    - submit-job.documented-job (MUST): The example job of the documentation is accepted, ends in state `FINISHED`,
      and has read and written all of its rows.
    - submit-job.missing-section (MUST): A config without `env` is answered with 500. A config without `source` or
      `sink` is answered as the fact `shadeFailure` (here `server-error`) of `/encrypt-config` specifies.
    - submit-job.empty-section (MUST): A config whose `source` or `sink` is an empty list is answered with 400.
    - submit-job.transform-optional (MUST): The `transform` of a config may be missing or empty. It may also be
      null, unless it is one of the sections that the fact `sections` (here `source`, `sink`) of `/encrypt-config`
      lists.
    - submit-job.further-members (SHOULD): Members of the body that are not defined for a config are ignored.
    - submit-job.reserved-keys (SHOULD): An empty key, or one with a character such as a colon or a dollar sign, is
      answered with 500 at any depth; marks such as `@` are handled as the fact `keyMarks` (here `refused`) of
      `/encrypt-config` specifies.
    - submit-job.missing-plugin-name (MUST): A plugin without `plugin_name` is answered with 500.
    - submit-job.unknown-plugin (MUST): A source, transform or sink that is not installed is answered with 500.
    - submit-job.plugin-name-case (SHOULD): Plugin names are not case-sensitive.
    - submit-job.option-kind (SHOULD): A `job.mode` that is not a mode, or a `parallelism` that is not a number, is
      answered with 400.
    - submit-job.table-options (MUST): Each option that the fact `inputKeys` (here `plugin_input`,
      `source_table_name`) lists names the input of a plugin, and each option in `outputKeys` names its output.
    - submit-job.unconnected-tables (SHOULD): In a job of several steps, a step that reads an unknown table, or
      writes the same table as another step, is answered with 500.
    - submit-job.encrypted-credentials (MUST): Credentials that are encrypted with the algorithm in `env` are
      accepted, and credentials that can't be decrypted are answered with 400.
    - submit-job.form-body (SHOULD): A body that is sent as `application/x-www-form-urlencoded` is answered as the
      fact `formBody` (here `streamed-error`) specifies.
    - submit-job.body-formats (MUST): A body is read in one of the formats that the fact `bodyFormats` (here `json`,
      `hocon`) lists, and as JSON if no format is requested.
    - submit-job.refused-is-unknown (MUST): A job that was refused is unknown afterwards, and is not in the history.
    - submit-job.format-words (SHOULD): The value of `format` is not case-sensitive, and an unknown value counts as
      JSON.
    - submit-job.hocon-plugins (MUST): In HOCON, a plugin is a block with the name of the plugin within `source`,
      `transform` or `sink`, and a second block with that name is a second plugin.
    - submit-job.hocon-dots (MUST): In HOCON, a key with dots is one key, as in JSON.
    - submit-job.hocon-substitution (SHOULD): In HOCON, nothing is substituted, and a config with a substitution is
      answered with 500 if the fact `hoconRead` (here `planner`) is `decryption`, else with 400.
    - submit-job.hocon-broken (SHOULD): HOCON that can't be parsed is answered with 500. HOCON that is empty, or
      that lists its plugins as JSON does, is answered with 400 if the fact `hoconRead` (here `planner`) is
      `decryption`, else with 500.
    - submit-job.credential-kinds (SHOULD): A credential that is neither a string nor a list of strings is answered
      as the fact `nonTextValue` (here `server-error`) of `/encrypt-config` specifies, whether or not the config
      names an algorithm.
    """
    raise Unimplemented


async def submit_jobs(*, request: Request[types.JobSubmissions]) -> types.SubmittedJobs | Answer:
    """Submit several jobs: POST /submit-jobs.

    Clauses:
    - submit-jobs.receipts (MUST): Accepted jobs are answered with 200 and a list of their ids and names, in the
      order of the request.
    - submit-jobs.optional-params (MUST): Each parameter in `params` may be missing, with the same effect as in
      `/submit-job`.
    - submit-jobs.missing-params (SHOULD): A job without `params` is answered as the fact `missingParams` (here
      `server-error`) specifies.
    - submit-jobs.empty-params (SHOULD): A job with empty `params` is answered as the fact `emptyParams` (here
      `bad-request`) specifies.
    - submit-jobs.text-params (SHOULD): A parameter that is a number or a boolean is answered as the fact
      `nonTextParam` (here `server-error`) specifies.
    - submit-jobs.values-read-again (SHOULD): The values of `params` are joined into a query and parsed from it, so
      escapes in a value are decoded and an ampersand ends the value.
    - submit-jobs.invalid-params (MUST): An id that is not an integer, and a start from a savepoint without an id,
      are answered with 400.
    - submit-jobs.no-jobs (MUST): An empty list is answered with 200 and an empty list.
    - submit-jobs.not-objects (SHOULD): Items of the list that are not objects are skipped, and so is a whole body
      that is neither a list nor an object.
    - submit-jobs.one-by-one (MUST): When a job can't be planned, the fact `failedBatch` (here `earlier-jobs-run`)
      specifies whether the jobs before it run.
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

    Clauses:
    - submit-job.upload (MUST): A config that is uploaded as `config_file` is answered with 200 and the id and name
      of its job, which runs.
    - submit-job.upload-language (MUST): The extension of an uploaded file selects one of the languages of the fact
      `bodyFormats` (here `json`, `hocon`), or HOCON if no language matches. Extensions are case-sensitive.
    - submit-job.upload-parameters (SHOULD): The parameters of an upload are read from its query or from fields of
      its form.
    - submit-job.upload-missing-file (SHOULD): An upload without `config_file`, or one that is not a multipart form,
      is answered with 500.
    - submit-job.upload-unnamed-file (SHOULD): A `config_file` that is sent without a file name is handled as the
      fact `unnamedFile` (here `server-error`) specifies.
    - submit-job.upload-invalid-id (MUST): An upload whose `jobId` is not an integer, or one that starts from a
      savepoint without a `jobId`, is answered with 400.
    """
    raise Unimplemented
