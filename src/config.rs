//! Settings: what each command takes from the environment. `--help` documents them, and README's table is made from the same source
//! (`tests/it/readme.rs` compares).

use std::io::Read as _;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use crate::auth::proxies::TrustedProxies;
use crate::auth::throttle::Rates;
use crate::central::sessions::Limits;
use crate::clinic::PoolSettings;
use crate::email::Transport;
use crate::provisioning::housekeeping::Retention;
use crate::provisioning::template::Way;
use crate::secrets::MasterKeys;

/// The largest file that holds a secret.
const SECRET_LIMIT: u64 = 64 * 1024;

/// A secret setting: its value, or, with `_FILE` behind the name, a file that holds it, as containers get secrets.
macro_rules! secret_setting {
    ($type:ident, $long:literal, $variable:literal, $value_name:literal, $help:literal) => {
        #[doc = $help]
        #[derive(Args, Clone, Debug, Default)]
        pub struct $type {
            #[arg(id = $long, long = $long, env = $variable, hide_env_values = true, value_name = $value_name, help = $help)]
            value: Option<SecretString>,
            #[arg(
                id = concat!($long, "-file"),
                long = concat!($long, "-file"),
                env = concat!($variable, "_FILE"),
                hide_env_values = true,
                value_name = "FILE",
                help = concat!("A file that holds it, instead of `", $variable, "`")
            )]
            file: Option<PathBuf>,
        }

        impl $type {
            /// Given directly, for `dev` and tests.
            #[must_use]
            pub fn given(value: &str) -> Self {
                Self { value: Some(value.into()), file: None }
            }

            /// The secret, if there is one.
            ///
            /// # Errors
            /// Names the setting that is given twice, or whose file cannot be read; never quotes it.
            pub fn secret(&self) -> anyhow::Result<Option<SecretString>> {
                secret($variable, self.value.as_ref(), self.file.as_deref())
            }
        }
    };
}

secret_setting!(
    KeySettings,
    "master-keys",
    "MEDICALPRO_MASTER_KEYS",
    "KEYS",
    "Master keys that seal secrets, `id:base64[,id:base64]`, the sealing one first; make one with `medicalpro keys generate`"
);
secret_setting!(
    DatabaseUrl,
    "database-url",
    "MEDICALPRO_DATABASE_URL",
    "URL",
    "The central database, as the login `medicalpro_api`: `postgres://medicalpro_api:…@host:5432/medicalpro_central`"
);
secret_setting!(
    ProvisionerUrl,
    "provisioner-url",
    "MEDICALPRO_PROVISIONER_URL",
    "URL",
    "The central database, as the login `medicalpro_provisioner`: `postgres://medicalpro_provisioner:…@host:5432/medicalpro_central`"
);
secret_setting!(
    AdminUrl,
    "admin-url",
    "MEDICALPRO_ADMIN_URL",
    "URL",
    "The administrator's connection to the database `postgres`"
);
secret_setting!(
    MailSetting,
    "mail",
    "MEDICALPRO_MAIL",
    "TRANSPORT",
    "Where mail goes: `file:DIRECTORY`, or `smtp://` or `smtps://` with user, password, host and port"
);

fn secret(name: &str, value: Option<&SecretString>, file: Option<&Path>) -> anyhow::Result<Option<SecretString>> {
    // Set to nothing is how a value is taken back.
    let value = value.filter(|value| !value.expose_secret().is_empty());
    let Some(file) = file else { return Ok(value.cloned()) };
    anyhow::ensure!(value.is_none(), "set either {name} or {name}_FILE, not both");
    // The file's name is not quoted: it may be the secret itself, set by mistake.
    let read = || {
        let mut text = String::new();
        // A pipe would be waited for.
        if !std::fs::metadata(file)?.is_file() {
            return Err(std::io::Error::other("it is no file"));
        }
        std::fs::File::open(file)?.take(SECRET_LIMIT + 1).read_to_string(&mut text)?;
        Ok(text)
    };
    let text = read().with_context(|| format!("{name}_FILE: the file cannot be read"))?;
    anyhow::ensure!(text.len() as u64 <= SECRET_LIMIT, "{name}_FILE: the file is too large to hold a secret");
    // Editors and `echo` end a file with a newline.
    let text = text.trim();
    anyhow::ensure!(!text.is_empty(), "{name}_FILE: the file is empty");
    Ok(Some(text.into()))
}

impl KeySettings {
    /// The keys.
    ///
    /// # Errors
    /// Names the setting that is missing, weak or malformed; never quotes it.
    pub fn load(&self) -> anyhow::Result<Arc<MasterKeys>> {
        let keys = self.secret()?.context(
            "MEDICALPRO_MASTER_KEYS is missing: make a key with `medicalpro keys generate` and keep it apart from the database",
        )?;
        Ok(Arc::new(MasterKeys::parse(keys.expose_secret().trim()).context("MEDICALPRO_MASTER_KEYS")?))
    }
}

/// How PostgreSQL is reached.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsSettings {
    /// Certificates (PEM) of the authority that signed PostgreSQL's; the system's when absent. TLS is required, and verified,
    /// wherever PostgreSQL is not on this machine
    #[arg(long, env = "MEDICALPRO_DATABASE_CA", value_name = "FILE")]
    pub database_ca: Option<PathBuf>,
}

/// Where the metrics are shown.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct MetricsSettings {
    /// Where to show metrics, at `/metrics`, and how the process is, at `/health/live` and `/health/ready`; nowhere when absent. No
    /// clinic and no person is named there, but it is for your network only
    #[arg(long, env = "MEDICALPRO_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
}

/// How people reach the server.
#[derive(Args, Clone, Debug)]
pub struct PublicSettings {
    /// The server's address as people see it, where links in mails and to calendars lead
    #[arg(long, env = "MEDICALPRO_PUBLIC_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub public_url: url::Url,
}

/// What `medicalpro serve` needs.
#[derive(Args, Clone, Debug)]
pub struct ServeSettings {
    #[command(flatten)]
    /// Central.
    pub database_url: DatabaseUrl,
    #[command(flatten)]
    /// Master keys.
    pub keys: KeySettings,
    #[command(flatten)]
    /// TLS.
    pub tls: TlsSettings,
    /// Where to listen for HTTP; put a reverse proxy with TLS in front
    #[arg(long, env = "MEDICALPRO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    #[command(flatten)]
    /// Where links lead.
    pub public: PublicSettings,
    #[command(flatten)]
    /// Metrics.
    pub metrics: MetricsSettings,
    /// Connections to a clinic's database, for each clinic
    #[arg(long, env = "MEDICALPRO_POOL_SIZE", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000), value_name = "COUNT")]
    pub pool_size: u16,
    /// Connections to all clinics' databases together
    #[arg(long, env = "MEDICALPRO_CONNECTION_BUDGET", default_value_t = 80, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "COUNT")]
    pub connection_budget: u16,
    /// Connections to the central database
    #[arg(long, env = "MEDICALPRO_CENTRAL_POOL_SIZE", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1000), value_name = "COUNT")]
    pub central_pool_size: u16,
    /// Seconds after which an idle connection is closed
    #[arg(long, env = "MEDICALPRO_POOL_IDLE", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400), value_name = "SECONDS")]
    pub pool_idle: u64,
    /// Seconds that a request waits for a connection before it is answered 503
    #[arg(long, env = "MEDICALPRO_POOL_WAIT", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=25), value_name = "SECONDS")]
    pub pool_wait: u64,
    /// Seconds that a registration or a first access waits for its clinic before it is answered 202 or 503
    #[arg(long, env = "MEDICALPRO_PROVISIONING_WAIT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=25), value_name = "SECONDS")]
    pub provisioning_wait: u64,
    /// Passwords hashed at once: each takes 19 MiB
    #[arg(long, env = "MEDICALPRO_HASHES_AT_ONCE", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "COUNT")]
    pub hashes_at_once: u16,
    /// Reverse proxies of yours, as addresses or networks with commas between them: only from these is `X-Forwarded-For` believed, which
    /// each must add to. None when absent: who connects is the client
    #[arg(long, env = "MEDICALPRO_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<TrustedProxies>,
    /// Registrations and requests for mail a minute, for each network address and for each account; ten times as many for a network
    /// (/24, or /48 of IPv6)
    #[arg(long, env = "MEDICALPRO_REGISTRATIONS_PER_MINUTE", default_value = "10", value_name = "COUNT")]
    pub registrations_per_minute: NonZeroU32,
    /// Log-ins, refreshes and tokens of mails a minute, for each network address and for each account; ten times as many for a network
    /// (/24, or /48 of IPv6)
    #[arg(long, env = "MEDICALPRO_LOGINS_PER_MINUTE", default_value = "60", value_name = "COUNT")]
    pub logins_per_minute: NonZeroU32,
    /// Hours after which a session ends, whatever happens: whoever goes on logs in again
    #[arg(long, env = "MEDICALPRO_SESSION_HOURS", default_value_t = 24, value_parser = clap::value_parser!(i32).range(1..=720), value_name = "HOURS")]
    pub session_hours: i32,
    /// Minutes without a refresh after which a session ends
    #[arg(long, env = "MEDICALPRO_SESSION_IDLE_MINUTES", default_value_t = 120, value_parser = clap::value_parser!(i32).range(15..=10_080), value_name = "MINUTES")]
    pub session_idle_minutes: i32,
}

impl ServeSettings {
    /// Bounds of the clinics' pools.
    #[must_use]
    pub fn pools(&self) -> PoolSettings {
        PoolSettings {
            size: usize::from(self.pool_size),
            budget: usize::from(self.connection_budget),
            idle: Duration::from_secs(self.pool_idle),
            wait: Duration::from_secs(self.pool_wait),
        }
    }

    /// How long sessions last.
    #[must_use]
    pub const fn sessions(&self) -> Limits {
        Limits { hours: self.session_hours, idle_minutes: self.session_idle_minutes }
    }

    /// Limits by network address.
    #[must_use]
    pub const fn rates(&self) -> Rates {
        Rates { registrations: self.registrations_per_minute, logins: self.logins_per_minute }
    }
}

/// What makes and changes clinics' databases, and signing keys: `worker`, `migrate`, `clinics` and `keys rotate`; and keeps reports.
#[derive(Args, Clone, Debug)]
pub struct ProvisionerSettings {
    #[command(flatten)]
    /// Central.
    pub provisioner_url: ProvisionerUrl,
    #[command(flatten)]
    /// TLS.
    pub tls: TlsSettings,
}

/// What `medicalpro bootstrap` needs.
#[derive(Args, Clone, Debug)]
pub struct BootstrapSettings {
    #[command(flatten)]
    /// The administrator.
    pub admin_url: AdminUrl,
    #[command(flatten)]
    /// Holds the password to set for `medicalpro_api`.
    pub database_url: DatabaseUrl,
    #[command(flatten)]
    /// Holds the password to set for `medicalpro_provisioner`.
    pub provisioner_url: ProvisionerUrl,
    #[command(flatten)]
    /// TLS.
    pub tls: TlsSettings,
}

/// What `medicalpro verify` needs: what the server has; and, to keep its report, the worker's login.
#[derive(Args, Clone, Debug)]
pub struct VerifySettings {
    #[command(flatten)]
    /// Central.
    pub database_url: DatabaseUrl,
    #[command(flatten)]
    /// Master keys.
    pub keys: KeySettings,
    #[command(flatten)]
    /// TLS, and the login that keeps reports: no other is asked to write one.
    pub provisioner: ProvisionerSettings,
}

/// What `medicalpro worker` needs.
#[derive(Args, Clone, Debug)]
pub struct WorkerSettings {
    #[command(flatten)]
    /// The provisioner.
    pub provisioner: ProvisionerSettings,
    #[command(flatten)]
    /// Master keys.
    pub keys: KeySettings,
    #[command(flatten)]
    /// Metrics.
    pub metrics: MetricsSettings,
    /// Clinics made at once
    #[arg(long, env = "MEDICALPRO_LANES", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64), value_name = "COUNT")]
    pub lanes: u16,
    /// What new clinics are copied from: the migrated template, or the plain base and then the migrations
    #[arg(long, env = "MEDICALPRO_PROVISIONING", value_enum, default_value_t = Way::Template, value_name = "WAY")]
    pub provisioning: Way,
    /// Copies of the template kept ready for the clinics to come, some 10 MB each; 0 makes each copy when it is asked for
    #[arg(long, env = "MEDICALPRO_SPARES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=64), value_name = "COUNT")]
    pub spares: u16,
    /// The connection limit of a clinic's login: at least the pools of all server processes together, and one for each worker
    #[arg(long, env = "MEDICALPRO_CLINIC_CONNECTIONS", default_value_t = 40, value_parser = clap::value_parser!(i32).range(2..=1000), value_name = "COUNT")]
    pub clinic_connections: i32,
    /// Days after which the key that signs access tokens is replaced
    #[arg(long, env = "MEDICALPRO_SIGNING_KEY_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650), value_name = "DAYS")]
    pub signing_key_days: u16,
    /// Days that the log of logins, accounts and staff is kept; then it is deleted
    #[arg(long, env = "MEDICALPRO_AUDIT_RETENTION_DAYS", default_value_t = 1095, value_parser = clap::value_parser!(i32).range(365..=36_500), value_name = "DAYS")]
    pub audit_retention_days: i32,
    #[command(flatten)]
    /// The way out.
    pub mail: MailSetting,
    /// From whom mail is
    #[arg(
        long,
        env = "MEDICALPRO_MAIL_FROM",
        default_value = "MedicalPro <no-reply@medicalpro.invalid>",
        value_name = "ADDRESS"
    )]
    pub mail_from: lettre::message::Mailbox,
    #[command(flatten)]
    /// Where links lead.
    pub public: PublicSettings,
}

impl WorkerSettings {
    /// How long things are kept.
    #[must_use]
    pub const fn retention(&self) -> Retention {
        Retention { audit_days: self.audit_retention_days }
    }

    /// The way that mail goes.
    ///
    /// # Errors
    /// Names the setting; never quotes it.
    pub fn transport(&self) -> anyhow::Result<Transport> {
        let setting = self
            .mail
            .secret()?
            .context("MEDICALPRO_MAIL is missing: where mail goes, such as file:mail or smtps://…")?;
        setting.expose_secret().parse().context("MEDICALPRO_MAIL")
    }
}

/// Settings with their defaults, but for these arguments: for `dev` and tests, which know what a command line would say.
///
/// # Errors
/// As the command line would be refused.
pub fn given<T: Args>(arguments: impl IntoIterator<Item = impl Into<std::ffi::OsString> + Clone>) -> anyhow::Result<T> {
    #[derive(clap::Parser)]
    #[command(no_binary_name = true)]
    struct Given<T: Args> {
        #[command(flatten)]
        settings: T,
    }
    Ok(<Given<T> as clap::Parser>::try_parse_from(arguments)?.settings)
}

/// Reads a PostgreSQL URL.
///
/// # Errors
/// Names the setting that is missing or malformed; never quotes it.
pub fn postgres(setting: Option<SecretString>, name: &str) -> anyhow::Result<tokio_postgres::Config> {
    let url = setting.with_context(|| format!("{name} is missing"))?;
    let config: tokio_postgres::Config =
        url.expose_secret().parse().map_err(|_| anyhow::anyhow!("{name} is not a PostgreSQL URL"))?;
    anyhow::ensure!(!config.get_hosts().is_empty(), "{name} names no host");
    let password = config.get_password().map_or(0, <[u8]>::len);
    anyhow::ensure!(password >= 16, "{name} has a weak password, or none: it needs 16 characters or more");
    Ok(config)
}
