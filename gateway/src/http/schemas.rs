//! The shapes of bodies, with what each field means: for the OpenAPI document and for its readable page. A file a subject.

mod batches;
mod failures;
mod files;
mod fleet;
mod forms;
mod job_fields;
mod jobs;
mod one_shots;
mod schedules;
mod scripts;
mod webhooks;

use serde_json::Value;

/// All of them by name. A test compares the job's with a job.
pub(super) fn schemas() -> Value {
    let field = job_fields::job_fields();
    let subjects = [
        jobs::schemas(&field),
        files::schemas(),
        webhooks::schemas(),
        scripts::schemas(&field),
        batches::schemas(&field),
        schedules::schemas(),
        one_shots::schemas(),
        fleet::schemas(),
        failures::schemas(),
    ];
    Value::Object(subjects.into_iter().flat_map(forms::members).collect())
}
