//! [`ClinicTx`]: a transaction bound to clinic, role and user. The only thing that runs SQL on a clinic's database.

use std::fmt;
use std::marker::PhantomData;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::database::{Ended, Params, Tx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, Role};
use crate::sql;
use crate::sql::{Clinic, Picked};

sql! { Clinic;
    /// One audit row for what a request read.
    RECORD_ACCESS by Role::ALL;
        "SELECT app.record_access($2, $3, $4, $5) WHERE app.clinic_id() = $1";
    /// One audit row for a refusal.
    RECORD_DENIAL by Role::ALL;
        "SELECT app.record_denial($2, $3) WHERE app.clinic_id() = $1";
}

/// The transaction of an operation that changes nothing but the audit log.
#[derive(Debug)]
pub enum Read {}

/// The transaction of an operation that changes data.
#[derive(Debug)]
pub enum Write {}

/// What a request read that its statement does not record itself, as an answer that is given again: for the audit log, written in
/// the same transaction, in one message with its COMMIT.
#[derive(Debug)]
pub struct Access {
    /// `read`, `list`, `search`, `export`, `download` or `print`.
    pub action: &'static str,
    /// The table.
    pub resource: &'static str,
    /// The rows returned.
    pub ids: Vec<Uuid>,
    /// Whose they are.
    pub patients: Vec<Uuid>,
}

impl Access {
    /// One row's being read.
    #[must_use]
    pub fn read(resource: &'static str, id: Uuid, patient: Option<Uuid>) -> Self {
        Self { action: "read", resource, ids: vec![id], patients: patient.into_iter().collect() }
    }
}

/// Parameters that outlive the block that gave them.
type Owned = Vec<Box<dyn ToSql + Send + Sync>>;

/// A transaction on one clinic's database, under one role; see [`super::Clinics::read`] and [`super::Clinics::write`].
pub struct ClinicTx<A> {
    tx: Tx<Clinic>,
    clinic: ClinicId,
    access: Option<Access>,
    last: Vec<(Picked<Clinic>, Owned)>,
    bears_mail: bool,
    kind: PhantomData<A>,
}

impl<A> fmt::Debug for ClinicTx<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClinicTx({})", self.clinic)
    }
}

impl<A> ClinicTx<A> {
    pub(super) const fn new(tx: Tx<Clinic>, clinic: ClinicId) -> Self {
        Self { tx, clinic, access: None, last: Vec::new(), bears_mail: false, kind: PhantomData }
    }

    /// Runs a statement; `$1` is the clinic's id, `params` are `$2` and on.
    ///
    /// # Errors
    /// As the database refuses, in a client's terms.
    pub async fn rows(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Vec<Row>> {
        let all = with_clinic(&self.clinic.0, params.iter().copied());
        self.tx.rows(&statement.into(), &all).await
    }

    /// Runs a statement that finds at most one row.
    ///
    /// # Errors
    /// As [`Self::rows`].
    pub async fn row(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.rows(statement, params).await?.pop())
    }

    /// Runs a statement that finds exactly one row, such as an INSERT with RETURNING.
    ///
    /// # Errors
    /// As [`Self::rows`]; [`ApiError::NotFound`] where there is none.
    pub async fn one(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Row> {
        self.row(statement, params).await?.ok_or(ApiError::NotFound)
    }

    /// Notes what this request read; a second note replaces the first, since one request leaves one row.
    pub fn record_access(&mut self, access: Access) {
        self.access = Some(access);
    }

    /// Whether mail to patients was queued in it: then central is told that there is some.
    pub(super) const fn has_mail(&self) -> bool {
        self.bears_mail
    }

    pub(super) async fn end<T>(mut self, outcome: Result<T>, attempt: u32) -> Ended<T> {
        if let Some(access) = self.access.take() {
            let params: Owned = vec![
                Box::new(access.action),
                Box::new(access.resource),
                Box::new(access.ids),
                Box::new(access.patients),
            ];
            self.last.push((Picked::from(&RECORD_ACCESS), params));
        }
        let params: Vec<_> = self
            .last
            .iter()
            .map(|(_, params)| with_clinic(&self.clinic.0, params.iter().map(|one| &**one as _)))
            .collect();
        let last: Vec<_> =
            self.last.iter().zip(&params).map(|((statement, _), params)| (statement, &params[..])).collect();
        self.tx.end(outcome, &last, attempt).await
    }

    pub(super) async fn record_denial(self, operation: &str, code: &str) -> Result<()> {
        let params: [&(dyn ToSql + Sync); 3] = [&self.clinic.0, &operation, &code];
        match self.tx.end(Ok(()), &[(&Picked::from(&RECORD_DENIAL), &params)], 0).await {
            Ended::Done(outcome) => outcome,
            Ended::Again => Err(ApiError::unavailable("database_busy")),
        }
    }
}

impl ClinicTx<Read> {
    /// Runs the operation's only statement, in one message with opening and COMMIT: one that itself records what it finds.
    ///
    /// # Errors
    /// As [`Self::rows`]; [`ApiError::NotFound`] where there is no row.
    pub async fn only(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Row> {
        let all = with_clinic(&self.clinic.0, params.iter().copied());
        self.tx.last_rows(&statement.into(), &all).await?.pop().ok_or(ApiError::NotFound)
    }

    /// Like [`Self::only`], of several rows.
    ///
    /// # Errors
    /// As [`Self::only`].
    pub async fn all(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Vec<Row>> {
        let all = with_clinic(&self.clinic.0, params.iter().copied());
        let rows = self.tx.last_rows(&statement.into(), &all).await?;
        if rows.is_empty() { Err(ApiError::NotFound) } else { Ok(rows) }
    }

    /// Like [`Self::all`], for a list whose statement ends with `seen!`: an empty page is a row without an id.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub async fn page(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Vec<Row>> {
        let mut rows = self.all(statement, params).await?;
        if let [only] = &rows[..]
            && only.try_get::<_, Option<Uuid>>("id")?.is_none()
        {
            rows.clear();
        }
        Ok(rows)
    }
}

impl ClinicTx<Write> {
    /// See [`super::outbox::queue`].
    pub(super) const fn bears_mail(&mut self) {
        self.bears_mail = true;
    }

    /// Runs a statement in one message with the COMMIT: one whose rows nobody needs.
    pub fn at_commit(&mut self, statement: impl Into<Picked<Clinic>>, params: Owned) {
        self.last.push((statement.into(), params));
    }
}

fn with_clinic<'a>(
    clinic: &'a Uuid,
    params: impl IntoIterator<Item = &'a (dyn ToSql + Sync)>,
) -> Vec<&'a (dyn ToSql + Sync)> {
    let mut all: Vec<&(dyn ToSql + Sync)> = vec![clinic];
    all.extend(params);
    all
}
