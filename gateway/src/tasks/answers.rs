//! Answers executors that ask whether a job is to run.

use std::sync::Arc;

use job_model::JobQuestion;
use job_queue::{Question, QueueError};
use service::{Backoff, Chain};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::jobs;

/// Questions that are worked on at a time; others wait on the queue.
const CONCURRENCY: usize = 64;

/// Answers until `stop`, offering itself again whenever the broker was lost.
pub(crate) async fn run(app: Arc<App>) {
    let mut backoff = Backoff::for_servers();
    let slots = Arc::new(Semaphore::new(CONCURRENCY));
    loop {
        let ended = tokio::select! {
            () = app.stop.cancelled() => return,
            ended = answer_all(&app, &slots, &mut backoff) => ended,
        };
        if let Err(error) = ended {
            tracing::info!(error = %Chain(&error), "executors' questions are not heard, trying again");
        }
        if backoff.wait(&app.stop).await.is_err() {
            return;
        }
    }
}

async fn answer_all(app: &Arc<App>, slots: &Arc<Semaphore>, backoff: &mut Backoff) -> Result<(), QueueError> {
    let mut questions = app.queue.answer_questions().await?;
    backoff.reset();
    loop {
        let slot = slots.clone().acquire_owned().await;
        let question = questions.next().await?;
        let app = app.clone();
        app.tasks.clone().spawn(async move {
            answer(&app, question).await;
            drop(slot);
        });
    }
}

/// Answers one. No answer, when the store cannot be asked, makes the executor ask again.
async fn answer(app: &App, question: Question) {
    let asked: JobQuestion = match serde_json::from_slice(&question.body) {
        Ok(asked) => asked,
        Err(error) => {
            tracing::debug!(%error, "question dropped: it cannot be read");
            return;
        }
    };
    let answered = tokio::time::timeout(app.settings.request_timeout, jobs::answer(app, &asked)).await;
    match answered {
        Ok(Ok(answer)) => {
            app.metrics.questions.inc();
            tracing::debug!(job.id = %asked.uuid, wanted = answer.wanted, "executor's question answered");
            question.answer(serde_json::to_vec(&answer).expect("an answer has string keys only"));
        }
        Ok(Err(error)) => {
            app.metrics.store_errors.inc();
            tracing::warn!(job.id = %asked.uuid, error = %Chain(&error), "failed to answer an executor's question");
        }
        Err(_) => tracing::warn!(job.id = %asked.uuid, "an executor's question took too long to answer"),
    }
}
