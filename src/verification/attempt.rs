//! What became of an attempt, and the connections that attempts are made on.

use std::fmt;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::database::connect;
use crate::error::describe;

/// A login at its connection limit is somebody's work: we wait for our turn, and in the end do without.
const TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// SQLSTATEs and their classes that say nothing of rights: out of resources, told to stop, a lock or a time limit.
const SAYS_NOTHING: [&str; 7] = ["08", "40", "53", "57", "58", "55P03", "XX"];

/// No attempt keeps anybody waiting. For its transaction only: behind a pooler somebody else has the connection next.
pub(super) const BRIEF: &str = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'";

/// How an attempt ended. It never bears what PostgreSQL says of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was carried out: the first column of what it returned.
    Done(Vec<String>),
    /// Refused, with this SQLSTATE.
    Refused(String),
    /// There is no such database.
    Gone,
    /// Nothing is known, and why.
    Unknown(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(_) => f.write_str("it was allowed"),
            Self::Refused(state) => write!(f, "refused with {state}"),
            Self::Gone => f.write_str("could not be tried: there is no such database"),
            Self::Unknown(why) => write!(f, "could not be tried: {why}"),
        }
    }
}

impl From<tokio_postgres::Error> for Outcome {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code().map(SqlState::code) {
            Some("3D000") => Self::Gone,
            Some(code) if !SAYS_NOTHING.iter().any(|class| code.starts_with(class)) => Self::Refused(code.to_owned()),
            Some(code) => Self::Unknown(format!("SQLSTATE {code}")),
            None => Self::Unknown(describe(&error.into())),
        }
    }
}

/// Opens a connection, as patiently as somebody with time: whoever is at work there comes first.
pub(super) async fn open(config: &Config, tls: &MakeRustlsConnect) -> Result<Client, Outcome> {
    let mut wait = FIRST_WAIT;
    let mut tries = 1;
    loop {
        match connect(config, tls).await {
            Ok(client) => return Ok(client),
            Err(error) if error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS) && tries < TRIES => {
                tokio::time::sleep(wait).await;
                wait *= 2;
                tries += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Runs SQL after an opening, and rolls back.
pub(super) async fn attempt(client: &Client, opening: &str, sql: &str) -> Outcome {
    let done = client.batch_execute(&format!("{opening}; {BRIEF}; {sql}")).await;
    let ended = client.batch_execute("ROLLBACK").await;
    match done.and(ended) {
        Ok(()) => Outcome::Done(Vec::new()),
        Err(error) => error.into(),
    }
}

/// Runs a query after an opening, and rolls back: the texts of its first column.
pub(super) async fn rows(client: &Client, opening: &str, sql: &str) -> Outcome {
    let asked = async {
        client.batch_execute(&format!("{opening}; {BRIEF}")).await?;
        client.query(sql, &[]).await?.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()
    };
    let asked = asked.await;
    let ended = client.batch_execute("ROLLBACK").await;
    match asked.and_then(|found| ended.map(|()| found)) {
        Ok(found) => Outcome::Done(found),
        Err(error) => error.into(),
    }
}
