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

/// What a request read, for the audit log: written in the same transaction, in one message with its COMMIT.
#[derive(Debug)]
pub struct Access {
    /// `read`, `list` or `export`.
    pub action: &'static str,
    /// The table.
    pub resource: &'static str,
    /// The rows returned.
    pub ids: Vec<Uuid>,
    /// Whose they are.
    pub patients: Vec<Uuid>,
}

/// A transaction on one clinic's database, under one role; see [`super::Clinics::read`] and [`super::Clinics::write`].
pub struct ClinicTx<A> {
    tx: Tx<Clinic>,
    clinic: ClinicId,
    access: Option<Access>,
    kind: PhantomData<A>,
}

impl<A> fmt::Debug for ClinicTx<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClinicTx({})", self.clinic)
    }
}

impl<A> ClinicTx<A> {
    pub(super) const fn new(tx: Tx<Clinic>, clinic: ClinicId) -> Self {
        Self { tx, clinic, access: None, kind: PhantomData }
    }

    /// Runs a statement; `$1` is the clinic's id, `params` are `$2` and on.
    ///
    /// # Errors
    /// As the database refuses, in a client's terms.
    pub async fn rows(&mut self, statement: impl Into<Picked<Clinic>>, params: Params<'_>) -> Result<Vec<Row>> {
        let all = with_clinic(&self.clinic.0, params);
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

    pub(super) async fn end<T>(mut self, outcome: Result<T>, attempt: u32) -> Ended<T> {
        let Some(access) = self.access.take() else {
            return self.tx.end(outcome, None, attempt).await;
        };
        let own: [&(dyn ToSql + Sync); 4] = [&access.action, &access.resource, &access.ids, &access.patients];
        let params = with_clinic(&self.clinic.0, &own);
        self.tx.end(outcome, Some((&Picked::from(&RECORD_ACCESS), &params)), attempt).await
    }

    pub(super) async fn record_denial(self, operation: &str, code: &str) -> Result<()> {
        let params: [&(dyn ToSql + Sync); 3] = [&self.clinic.0, &operation, &code];
        match self.tx.end(Ok(()), Some((&Picked::from(&RECORD_DENIAL), &params)), 0).await {
            Ended::Done(outcome) => outcome,
            Ended::Again => Err(ApiError::unavailable("database_busy")),
        }
    }
}

fn with_clinic<'a>(clinic: &'a Uuid, params: Params<'a>) -> Vec<&'a (dyn ToSql + Sync)> {
    let mut all: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(params.len() + 1);
    all.push(clinic);
    all.extend_from_slice(params);
    all
}
