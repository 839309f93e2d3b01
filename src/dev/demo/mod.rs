//! The demo: 19 clinics of every region, each with its admin. One has its database, with patients and a practice; the others are `pending`
//! and get theirs at their first access.
//!
//! | file | owns |
//! | --- | --- |
//! | `clinics` | the clinics, and how they are entered |
//! | `patients` | the patients of the first clinic |
//! | `practice` | its practitioners, what they offer, and their appointments |
//! | `names` | names, places and numbers that they are put together from |
//!
//! Clinics are entered as a registration enters them (`auth::register::Entry`), without its job and its mail. Patients and
//! the practice are sent to the routes, as anybody would, and the first request makes their clinic's database: it is a first access like any other.
//!
//! Invariant: what is there already is left as it is, so that a start goes on where another was killed.

mod clinics;
mod names;
mod patients;
mod practice;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use poem::endpoint::DynEndpoint;
use poem::http::{Method, StatusCode, header};
use poem::{Request, Response};
use serde_json::{Value, json};

use crate::central::Central;
use clinics::CLINICS;
pub use clinics::{PASSWORD, Standing};

type Routes = dyn DynEndpoint<Output = Response>;

/// Makes what is not there yet; tells how the demo's clinics stand. The connections to central end with it.
///
/// # Errors
/// Names the clinic that could not be entered.
pub async fn make(
    routes: &Routes,
    central: Central,
    say: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<Vec<Standing>> {
    clinics::enter(&central, say).await?;
    // The others are of use without them.
    if let Err(error) = fill(routes, say).await {
        say(&format!("the demo's patients could not be entered: {error:#}"));
    }
    clinics::standing(&central).await
}

/// Enters the first clinic's patients and its practice, as its admin.
async fn fill(routes: &Routes, say: &(dyn Fn(&str) + Send + Sync)) -> anyhow::Result<()> {
    let admin = Admin::log_in(routes, &CLINICS[0].admin_address()).await?;
    let present = admin.numbers().await?;
    let mut missing = patients::all();
    missing.retain(|patient| !present.contains(patient["patientNumber"].as_str().unwrap_or_default()));
    if !missing.is_empty() {
        say(&format!("making the demo's patients: {} of {}", missing.len(), CLINICS[0].name));
    }
    for patient in missing {
        admin.send(StatusCode::CREATED, Method::POST, "/api/v1/patients", Some(&patient)).await?;
    }
    // The patients are of use without it.
    if let Err(error) = practice::make(&admin, CLINICS[0].name, say).await {
        say(&format!("the demo's practice could not be made: {error:#}"));
    }
    admin.log_out().await
}

/// A demo clinic's admin, logged in.
struct Admin<'a> {
    routes: &'a Routes,
    access: String,
}

impl<'a> Admin<'a> {
    async fn log_in(routes: &'a Routes, email: &str) -> anyhow::Result<Self> {
        let nobody = Self { routes, access: String::new() };
        let credentials = json!({ "email": email, "password": PASSWORD });
        let session = nobody.send(StatusCode::OK, Method::POST, "/api/v1/auth/login", Some(&credentials)).await?;
        let access = session["accessToken"].as_str().context("no access token")?.to_owned();
        Ok(Self { access, ..nobody })
    }

    async fn log_out(self) -> anyhow::Result<()> {
        self.send(StatusCode::NO_CONTENT, Method::POST, "/api/v1/auth/logout", None).await?;
        Ok(())
    }

    /// The numbers of the demo's patients that are there, archived ones too.
    async fn numbers(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut numbers = BTreeSet::new();
        for archived in [false, true] {
            let path = format!("/api/v1/patients?q={}&archived={archived}&limit=200", patients::PREFIX);
            let page = self.send(StatusCode::OK, Method::GET, &path, None).await?;
            let found = page["data"].as_array().into_iter().flatten();
            numbers.extend(found.filter_map(|patient| patient["patientNumber"].as_str()).map(str::to_owned));
        }
        Ok(numbers)
    }

    /// Enters one thing, once: sent again with the same key, it is answered again.
    async fn once(&self, key: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.request(StatusCode::CREATED, Method::POST, path, Some(body), Some(key)).await
    }

    async fn send(
        &self,
        wanted: StatusCode,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.request(wanted, method, path, body, None).await
    }

    /// Sends a request and returns its answer, if it is the one that is wanted. Where a first access takes long it is answered that
    /// the clinic is not ready, and sent again.
    async fn request(
        &self,
        wanted: StatusCode,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> anyhow::Result<Value> {
        for _ in 0..20 {
            let mut request = Request::builder().method(method.clone()).uri_str(path);
            if !self.access.is_empty() {
                request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.access));
            }
            if let Some(key) = key {
                request = request.header("idempotency-key", format!("demo {key}"));
            }
            let request = match body {
                Some(body) => request.content_type("application/json").body(body.to_string()),
                None => request.finish(),
            };
            let response = self.routes.call(request).await.map_err(|error| anyhow::anyhow!("{error}"))?;
            let status = response.status();
            let later =
                response.headers().get(header::RETRY_AFTER).and_then(|seconds| seconds.to_str().ok()?.parse().ok());
            if let (StatusCode::SERVICE_UNAVAILABLE, Some(seconds)) = (status, later) {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                continue;
            }
            let answer = response.into_body().into_vec().await?;
            let answer = serde_json::from_slice(&answer).unwrap_or(Value::Null);
            anyhow::ensure!(status == wanted, "{method} {path} was answered {status}: {answer}");
            return Ok(answer);
        }
        anyhow::bail!("the clinic was not made in time; the next start goes on")
    }
}
