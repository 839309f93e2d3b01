//! Everything that is counted: its name, unit, labels and help stand here and nowhere else. ARCHITECTURE.md has them as a table.
//!
//! Counted once a process, as Prometheus expects. Invariant: the values of labels are words of the program (operations, codes, steps,
//! states) and never come from outside: no clinic, of which there may be thousands, no person, no path, nothing of a patient.

use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// What `/metrics` is written in: the text format that Prometheus has in common with others.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Durations<L> = Family<L, Histogram, fn() -> Histogram>;

/// A wall of ours stopped a statement of ours; a connection kept a role or a context.
const ALARMS: [&str; 2] = ["isolation_violation", "isolation_leak"];

static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_duration: Durations<[(&'static str, Arc<str>); 1]>,
    denials: Family<Labels<1>, Counter>,
    unavailable: Family<Labels<1>, Counter>,
    checkout_duration: [Histogram; 2],
    pools: Family<Labels<1>, Gauge>,
    pool_connections: Family<Labels<2>, Gauge>,
    pool_limit: Family<Labels<1>, Gauge>,
    pool_waiting: Family<Labels<1>, Gauge>,
    evictions: Family<Labels<1>, Counter>,
    attempts: Family<Labels<1>, Counter>,
    steps: Family<Labels<2>, Counter>,
    step_duration: Durations<Labels<1>>,
    mails: Family<Labels<1>, Counter>,
    mail_queue: Family<Labels<1>, Gauge>,
    mail_queue_oldest: Gauge,
}

/// How a request was answered.
#[derive(Clone, Debug, Eq, Hash, PartialEq, EncodeLabelSet)]
struct Answered {
    operation: Arc<str>,
    status: u16,
}

impl Metrics {
    fn new() -> Self {
        let mut registry = Registry::with_prefix("medicalpro");
        let all = &mut registry;
        let checkout_duration: Durations<Labels<1>> =
            timed(all, "checkout_duration", "How long it took to get a connection from its pool", || {
                Histogram::new([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])
            });
        let denials: Family<Labels<1>, Counter> =
            counted(all, "denials", "Requests denied (401, 403, 429) and isolation alarms, by code");
        // What must never happen is there from the start: a series that begins with 1 does not rise.
        for alarm in ALARMS {
            drop(denials.get_or_create(&[("code", alarm)]));
        }
        Self {
            requests: counted(all, "http_requests", "Requests, by operation and status of the answer"),
            request_duration: timed(all, "http_request_duration", "How long requests took, by operation", || {
                Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
            }),
            denials,
            unavailable: counted(all, "unavailable", "Requests answered 503, by code"),
            checkout_duration: Database::ALL.map(|database| checkout_duration.get_or_create_owned(&database.label())),
            pools: counted(all, "pools", "Open pools: one of each clinic in use, one or two of central"),
            pool_connections: counted(all, "pool_connections", "Connections in the pools, by state: in_use or idle"),
            pool_limit: counted(all, "pool_limit", "How many connections the pools may hold together"),
            pool_waiting: counted(all, "pool_waiting", "Requests that wait for a connection, a free or a new one"),
            evictions: counted(all, "pool_evictions", "Connections to clinics' databases that were closed, by reason"),
            attempts: counted(all, "provisioning_attempts", "Attempts to make a clinic's database, by result"),
            steps: counted(all, "provisioning_steps", "Steps of provisioning, by step and result"),
            step_duration: timed(all, "provisioning_step_duration", "How long steps took that succeeded", || {
                Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
            }),
            mails: counted(all, "mails", "Mails that were tried, by result"),
            mail_queue: counted(
                all,
                "mail_queue",
                "Mails about accounts: due now, later after a failure, or dead (given up)",
            ),
            mail_queue_oldest: {
                let gauge = Gauge::default();
                let help = "How long ago the oldest mail of the queue was queued";
                all.register_with_unit("mail_queue_oldest", help, Unit::Seconds, gauge.clone());
                gauge
            },
            registry,
        }
    }
}

fn counted<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn timed<L>(registry: &mut Registry, name: &str, help: &str, histogram: fn() -> Histogram) -> Durations<L>
where
    L: Clone + Eq + Hash,
    Durations<L>: Metric,
{
    let metric = Durations::new_with_constructor(histogram);
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

/// Counts the requests of one operation; looked up once a request and made once a start.
#[derive(Clone, Debug)]
pub struct Operation {
    name: Arc<str>,
    duration: Histogram,
}

impl Operation {
    /// `name` is the operation's id in the spec, or a word for all that have none.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name: Arc<str> = name.into();
        let duration = METRICS.request_duration.get_or_create_owned(&[("operation", name.clone())]);
        Self { name, duration }
    }

    /// As in its label.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts an answer.
    pub fn answered(&self, status: u16, took: Duration) {
        self.duration.observe(took.as_secs_f64());
        METRICS.requests.get_or_create(&Answered { operation: self.name.clone(), status }).inc();
    }
}

/// Counts a denial or an isolation alarm.
pub fn denied(code: &'static str) {
    METRICS.denials.get_or_create(&[("code", code)]).inc();
}

/// Counts an answer 503.
pub fn unavailable(code: &'static str) {
    METRICS.unavailable.get_or_create(&[("code", code)]).inc();
}

/// Where pools lead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Database {
    /// The central database.
    Central,
    /// A clinic's, whichever.
    Clinic,
}

impl Database {
    const ALL: [Self; 2] = [Self::Central, Self::Clinic];

    /// As in spans and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Clinic => "clinic",
        }
    }

    const fn label(self) -> Labels<1> {
        [("database", self.name())]
    }
}

/// Counts a checkout, whether or not it got a connection.
pub fn checked_out(database: Database, took: Duration) {
    METRICS.checkout_duration[database as usize].observe(took.as_secs_f64());
}

/// Counts connections that were closed. `reason` is `idle`, `budget` (another clinic needed one), `credentials` (they changed)
/// or `leak` (it kept a role or a context).
pub fn evicted(reason: &'static str, connections: usize) {
    METRICS.evictions.get_or_create(&[("reason", reason)]).inc_by(connections as u64);
}

/// Counts an attempt to make a clinic's database: `ready`, `again` or `given_up`.
pub fn attempted(result: &'static str) {
    METRICS.attempts.get_or_create(&[("result", result)]).inc();
}

/// Counts a step of provisioning.
pub fn step(step: &'static str, succeeded: bool, took: Duration) {
    let result = if succeeded { "ok" } else { "failed" };
    METRICS.steps.get_or_create(&[("step", step), ("result", result)]).inc();
    if succeeded {
        METRICS.step_duration.get_or_create(&[("step", step)]).observe(took.as_secs_f64());
    }
}

/// Counts a mail: `sent`, `closed` (its cause was gone), `failed` (it will be tried again) or `given_up`.
pub fn mailed(result: &'static str) {
    METRICS.mails.get_or_create(&[("result", result)]).inc();
}

/// What the queue of mails was when it was last looked at.
pub fn mail_queue(due: i64, later: i64, dead: i64, oldest_seconds: i64) {
    for (state, mails) in [("due", due), ("later", later), ("dead", dead)] {
        METRICS.mail_queue.get_or_create(&[("state", state)]).set(mails);
    }
    METRICS.mail_queue_oldest.set(oldest_seconds);
}

/// What pools hold, together.
#[derive(Clone, Copy, Debug, Default)]
pub struct PoolUse {
    /// How many pools.
    pub pools: usize,
    /// Connections lent out.
    pub in_use: usize,
    /// Connections not lent out.
    pub idle: usize,
    /// Who waits for one.
    pub waiting: usize,
    /// How many connections there may be.
    pub limit: usize,
}

impl PoolUse {
    /// With another's.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            pools: self.pools + other.pools,
            in_use: self.in_use + other.in_use,
            idle: self.idle + other.idle,
            waiting: self.waiting + other.waiting,
            limit: self.limit + other.limit,
        }
    }
}

type Watched = Box<dyn Fn() -> Option<BoxFuture<'static, PoolUse>> + Send>;

/// What is looked at whenever the metrics are shown; one process may have several, as in `dev`.
static WATCHED: Mutex<Vec<(Database, Watched)>> = Mutex::new(Vec::new());

/// Has pools looked at whenever the metrics are shown, until `look` answers `None`: they are gone.
pub fn watch<F>(database: Database, look: impl Fn() -> Option<F> + Send + 'static)
where
    F: Future<Output = PoolUse> + Send + 'static,
{
    watched().push((database, Box::new(move || Some(Box::pin(look()?)))));
}

fn watched() -> MutexGuard<'static, Vec<(Database, Watched)>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// All metrics, in the text format.
pub async fn shown() -> String {
    let mut looks = Vec::new();
    watched().retain(|(database, look)| look().map(|look| looks.push((*database, look))).is_some());
    let mut sums = Database::ALL.map(|_| PoolUse::default());
    for (database, look) in looks {
        sums[database as usize] = sums[database as usize].and(look.await);
    }
    for database in Database::ALL {
        let sum = sums[database as usize];
        let set = |family: &Family<Labels<1>, Gauge>, value| family.get_or_create(&database.label()).set(gauge(value));
        set(&METRICS.pools, sum.pools);
        set(&METRICS.pool_limit, sum.limit);
        set(&METRICS.pool_waiting, sum.waiting);
        for (state, connections) in [("in_use", sum.in_use), ("idle", sum.idle)] {
            let labels = [("database", database.name()), ("state", state)];
            METRICS.pool_connections.get_or_create(&labels).set(gauge(connections));
        }
    }
    let mut text = String::new();
    match encode(&mut text, &METRICS.registry) {
        Ok(()) => text,
        Err(fmt::Error) => String::new(),
    }
}
