//! Where hostile scripts meet: one slot for them, one for a neighbour that must not notice.

use std::sync::Arc;
use std::time::Duration;

use executor::config::Config;
use executor::network::Network;
use executor::protocol::{JobOrder, SlotSettings};
use executor::slot::{Slot, SlotProgram};
use job_model::{JobId, JobResult};
use serde_json::Value;
use testkit::processes;
use testkit::site::Site;
use tests::stack::CHROMIUM_ARGS;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// One hostile job.
pub(crate) struct Script {
    /// What it tries.
    pub name: &'static str,
    /// Its deadline.
    pub seconds: u64,
    /// A part of the error that must end it; `None` when it must end by itself, with nothing in `results.got`.
    pub error: Option<&'static str>,
    /// `{{site}}` stands for the fixture site.
    pub code: &'static str,
}

/// Ends with an error that has this text.
pub(crate) const fn fails(name: &'static str, seconds: u64, error: &'static str, code: &'static str) -> Script {
    Script { name, seconds, error: Some(error), code }
}

/// Ends by itself, with nothing but `undefined`, `null`, `false` and refusals in `results.got`.
pub(crate) const fn gets_nothing(name: &'static str, code: &'static str) -> Script {
    Script { name, seconds: 20, error: None, code }
}

/// The error of a job that had one second.
pub(crate) const TIME: &str = "Time limit of 1 s (JOB_TIMEOUT) exceeded";

/// How long after its deadline a job may take to be over: the slot's own grace and a busy machine.
const GRACE: Duration = Duration::from_secs(6);
/// How much more memory than before may be in use afterwards, by two warm browsers.
const GROWTH: u64 = 256 << 20;

const NEIGHBOUR: &str = "await page.goto('{{site}}/page.html');
results.title = await page.title();
results.sum = await page.evaluate(() => 6 * 7);
for (let i = 0; i < 20; i++) { await page.evaluate(() => document.body.innerHTML.length); await sleep(5) }
results.list = [1, 2].map(n => n * 2);";

/// Runs all scripts one after the other, while a neighbour's jobs run.
///
/// # Panics
/// When a script got something, outlived its deadline, or harmed anything.
pub(crate) fn fight(scripts: &[Script]) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let site = Site::start();
        site.page("/page.html", "<title>fine</title><p>text</p>");
        let folder = tempfile::tempdir().expect("a folder");
        let mut neighbour = Fighter::enter(folder.path().join("neighbour"), &site.origin()).await;
        let mut attacker = Fighter::enter(folder.path().join("attacker"), &site.origin()).await;
        let before = processes::tree_memory(std::process::id());

        let over = CancellationToken::new();
        let told = over.clone();
        let living = tokio::spawn(async move {
            let mut jobs = 0;
            while !told.is_cancelled() || jobs == 0 {
                let began = Instant::now();
                let result =
                    neighbour.run(NEIGHBOUR, Duration::from_secs(30)).await.expect("the neighbour's slot lives");
                assert_eq!(result.error, None, "the neighbour was harmed after {:?}", began.elapsed());
                assert_eq!(result.results["title"], "fine");
                assert_eq!((&result.results["sum"], &result.results["list"]), (&42.into(), &serde_json::json!([2, 4])));
                jobs += 1;
            }
            neighbour.leave().await;
        });
        let mut failures = Vec::new();
        let only = std::env::var("HOSTILE_ONLY").unwrap_or_default();
        for script in scripts.iter().filter(|script| script.name.contains(&only)) {
            if let Err(text) = attacker.attack(script).await {
                failures.push(format!("{}: {text}", script.name));
            }
            assert!(!living.is_finished(), "the neighbour was harmed by {}", script.name);
        }
        let after = settled_memory(before + GROWTH).await;
        over.cancel();
        living.await.expect("the neighbour's jobs are fine");
        attacker.leave().await;
        processes::assert_none_mentioning(&folder.path().display().to_string(), Duration::from_secs(10)).await;
        assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), scripts.len(), failures.join("\n"));
        assert!(after < before + GROWTH, "{} MiB before, {} MiB after", before >> 20, after >> 20);
    });
}

/// The memory of all processes once it is below `limit`, or ten seconds later: Chromium gives back what a job took in its
/// own time, and the neighbour's jobs go on meanwhile.
async fn settled_memory(limit: u64) -> u64 {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let now = processes::tree_memory(std::process::id());
        if now < limit || Instant::now() > end {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

struct Fighter {
    slot: Option<Slot>,
    settings: SlotSettings,
    network: Arc<Network>,
    origin: String,
}

impl Fighter {
    async fn enter(run_dir: std::path::PathBuf, origin: &str) -> Self {
        let mut args = vec!["executor".to_owned(), "--queue-host=none".into(), "--queue-username=none".into()];
        args.extend(["--queue-password=none".to_owned(), format!("--chromium-extra-args={CHROMIUM_ARGS}")]);
        args.extend(["--job-memory=128", "--job-page-memory=1024", "--job-pages=20"].map(str::to_owned));
        args.extend(["--job-stack=4096", "--job-log-lines=10000", "--job-log-bytes=2097152"].map(str::to_owned));
        args.push("--job-result-bytes=4194304".to_owned());
        // The site is on this machine.
        args.push("--network-deny=link-local,own".to_owned());
        let config: Config = service::config::try_parse_from(args).expect("a configuration");
        let settings = SlotSettings { run_dir, ..executor::slot_settings(&config.executor) };
        let network = Network::start(&config.executor).await.expect("a network");
        let mut fighter = Self { slot: None, settings, network, origin: origin.to_owned() };
        fighter.slot().await;
        fighter
    }

    async fn slot(&mut self) -> &mut Slot {
        if self.slot.is_none() {
            let program = SlotProgram {
                executable: processes::binary("puppet-master-executor"),
                args: vec!["slot".into(), "--log-level=error".into()],
            };
            let (slot, _) =
                Slot::start_behind(&program, self.settings.clone(), &self.network).await.expect("a slot starts");
            self.slot = Some(slot);
        }
        self.slot.as_mut().expect("it was started just now")
    }

    /// Runs a job and makes the slot ready again; the error is what the executor would report when the slot died of it.
    async fn run(&mut self, code: &str, timeout: Duration) -> Result<JobResult, String> {
        let code = code.replace("{{site}}", &self.origin);
        let uuid = JobId::fresh();
        let order = JobOrder::new(uuid.clone(), code, timeout);
        let slot = self.slot().await;
        let stop = CancellationToken::new();
        let mut logs = Vec::new();
        let outcome = match slot.run(order, &stop, "cancelled", |entry| logs.push(entry)).await {
            Ok(end) => slot.ready().await.map(|_| end),
            Err(error) => Err(error),
        };
        match outcome {
            Ok(end) => end.into_result(uuid, logs).map_err(|error| error.to_string()),
            Err(error) => {
                if let Some(slot) = self.slot.take() {
                    slot.kill().await;
                }
                Err(error.to_string())
            }
        }
    }

    async fn attack(&mut self, script: &Script) -> Result<(), String> {
        let began = Instant::now();
        let timeout = Duration::from_secs(script.seconds);
        let outcome = self.run(script.code, timeout).await;
        let took = began.elapsed();
        if std::env::var_os("HOSTILE_SHOW").is_some() {
            let error = outcome.as_ref().map(|result| result.error.as_deref().unwrap_or("-"));
            let shown = format!("{error:?}").chars().take(160).collect::<String>();
            eprintln!("{:>6} ms  {:<40} {shown}", took.as_millis(), script.name);
        }
        if took > timeout + GRACE {
            return Err(format!("took {took:?}"));
        }
        let result = match (outcome, script.error) {
            // The executor has killed the slot and tells it as the job's error.
            (Err(error), Some(wanted)) if error.contains(wanted) => return Ok(()),
            (outcome, _) => outcome?,
        };
        match (script.error, result.error) {
            (Some(wanted), Some(error)) if error.contains(wanted) && error.len() < 100_000 => Ok(()),
            (None, None) => match result.results.get("got") {
                None | Some(Value::Null | Value::Bool(false)) => Ok(()),
                Some(got) => Err(format!("got {got}")),
            },
            (wanted, error) => {
                let error = error.map(|text| text.chars().take(300).collect::<String>());
                Err(format!("wanted {wanted:?}, ended with {error:?}"))
            }
        }
    }

    async fn leave(self) {
        if let Some(slot) = self.slot {
            slot.kill().await;
        }
    }
}
