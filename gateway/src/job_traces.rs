//! A trace for each job, over all processes: what the gateways have of it.
//!
//! The trace of a job is named by the job's instance, which is as random and as long. So whichever gateway publishes the
//! job or stores its result finds the trace. A client's `traceparent` stands in the job's document ([`Job::trace`]), for whoever
//! publishes it then, and again; of a job whose client sent none, nothing does. Executors have it from the message.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use job_model::{Job, JobResult};
use job_queue::Message;
use service::traces::{Span, SpanKind, TraceContext, TraceId, Traces, Value};

/// The header of requests and messages.
pub(crate) const TRACEPARENT: &str = "traceparent";
/// Requests that are remembered until their jobs are stored.
const REMEMBERED: usize = 20_000;

tokio::task_local! {
    /// The request that is being answered, where traces are on.
    pub(crate) static REQUEST: RequestTrace;
}

/// What a job's trace has of the request that made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestTrace {
    /// The client's place in a trace of its own.
    pub(crate) client: Option<TraceContext>,
    /// When the request came.
    pub(crate) began: SystemTime,
}

/// Records the gateway's part of jobs' traces.
#[derive(Default)]
pub(crate) struct JobTraces {
    traces: Traces,
    requests: Mutex<Requests>,
}

/// When the requests came whose jobs are being stored, and their order.
#[derive(Default)]
struct Requests {
    order: VecDeque<TraceId>,
    of: HashMap<TraceId, SystemTime>,
}

impl JobTraces {
    /// Records to `traces`.
    pub(crate) fn new(traces: Traces) -> Self {
        Self { traces, requests: Mutex::default() }
    }

    /// Whether jobs are traced.
    pub(crate) fn is_on(&self) -> bool {
        self.traces.is_on()
    }

    /// Takes note that the request at hand makes this job.
    pub(crate) fn note(&self, job: &mut Job) {
        if !self.is_on() {
            return;
        }
        let Ok(request) = REQUEST.try_with(|request| *request) else { return };
        job.trace = request.client.map(|client| client.to_string());
        let Some(own) = own_trace(job) else { return };
        let mut requests = self.lock();
        if requests.order.len() == REMEMBERED
            && let Some(oldest) = requests.order.pop_front()
        {
            requests.of.remove(&oldest);
        }
        if requests.of.insert(own, request.began).is_none() {
            requests.order.push_back(own);
        }
    }

    /// The job is stored: that it was accepted is the first part of its trace.
    pub(crate) fn accepted(&self, job: &Job, began: SystemTime) {
        let Some((context, client)) = self.of(job) else { return };
        let request = own_trace(job).and_then(|own| self.lock().of.remove(&own));
        let (began, parent) = (request.unwrap_or(began), client.map(|client| client.span));
        self.traces.record(&Span {
            id: context.span,
            parent,
            kind: SpanKind::Server,
            attributes: &[("job.id", Value::Text(job.uuid.as_str()))],
            ..Span::of(&context, "accept", began)
        });
    }

    /// Tells the executor of a message which trace its job is part of.
    pub(crate) fn mark(&self, job: &Job, message: &mut Message) {
        if let Some((context, _)) = self.of(job) {
            message.headers.insert(TRACEPARENT.to_owned(), context.to_string());
        }
    }

    /// A result that came with this `traceparent` is stored.
    pub(crate) fn stored(&self, traceparent: Option<&str>, result: &JobResult, began: SystemTime) {
        let context = traceparent.filter(|_| self.is_on()).and_then(TraceContext::parse);
        if let Some(context) = context.filter(|context| context.sampled) {
            self.traces.record(&Span {
                kind: SpanKind::Consumer,
                attributes: &[("job.id", Value::Text(result.uuid.as_str()))],
                ..Span::of(&context, "store", began)
            });
        }
    }

    /// The trace of a job, if it is to have one, and its client's place in it.
    fn of(&self, job: &Job) -> Option<(TraceContext, Option<TraceContext>)> {
        if !self.is_on() {
            return None;
        }
        let trace = own_trace(job)?;
        let span = trace.first_span()?;
        let client = job.trace.as_deref().and_then(TraceContext::parse);
        let context = match client {
            Some(client) => TraceContext { trace: client.trace, span, sampled: client.sampled },
            None => TraceContext { trace, span, sampled: self.traces.takes(trace) },
        };
        context.sampled.then_some((context, client))
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        // Nothing here panics half way through a change.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The trace that is named by the job's creation: its tries are parts of one. A foreign instance may be of another form.
fn own_trace(job: &Job) -> Option<TraceId> {
    let instance = job.instance.as_ref()?;
    TraceId::parse(instance.as_str()).or_else(|| TraceId::parse(instance.creation().as_str()))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use job_model::{Job, NewJob, Timestamp};
    use job_queue::Message;
    use service::Traces;
    use service::traces::{TraceContext, TracesArgs};

    use super::{JobTraces, REQUEST, RequestTrace, TRACEPARENT};

    const CLIENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn gateway() -> JobTraces {
        let args = TracesArgs { endpoint: Some("http://127.0.0.1:9".to_owned()), ..TracesArgs::default() };
        JobTraces::new(Traces::start(&args, "gateway").unwrap())
    }

    #[tokio::test]
    async fn whichever_gateway_publishes_a_job_it_stays_in_its_clients_trace() {
        let (first, other) = (gateway(), gateway());
        let mut job = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        let request = RequestTrace { client: TraceContext::parse(CLIENT), began: SystemTime::now() };
        REQUEST.scope(request, async { first.note(&mut job) }).await;
        first.accepted(&job, SystemTime::now());
        let stored: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        let told = [&first, &other].map(|gateway| {
            let mut message = Message::new(Vec::new());
            gateway.mark(&stored, &mut message);
            message.headers[TRACEPARENT].clone()
        });
        assert!(told[0].starts_with(&CLIENT[..36]) && told[0] == told[1], "{told:?}");
        assert_eq!(serde_json::to_value(job.published()).unwrap().get("trace"), None, "clients do not see it");

        let mut plain = Job::create(NewJob::default(), Timestamp::now()).unwrap();
        let request = RequestTrace { client: None, began: SystemTime::now() };
        REQUEST.scope(request, async { first.note(&mut plain) }).await;
        assert_eq!(plain.trace, None);
    }
}
