//! The demo: two clinics with a few patients, made by the same requests that anybody would send, through the same routes.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use poem::endpoint::DynEndpoint;
use poem::http::{Method, StatusCode, header};
use poem::{Request, Response};
use serde_json::{Value, json};

use crate::email::read_directory;

/// Of all demo accounts; development only.
pub const PASSWORD: &str = "demo-only-not-a-secret";

/// A demo account.
#[derive(Debug)]
pub struct Account {
    /// With which to log in.
    pub email: &'static str,
    /// Its clinic.
    pub clinic: &'static str,
}

const CLINICS: [(Account, &str); 2] = [
    (Account { email: "admin@cabinet-du-parc.example", clinic: "Cabinet du Parc" }, "FR"),
    (Account { email: "admin@clinica-del-mar.example", clinic: "Clínica del Mar" }, "ES"),
];

const PATIENTS: [[(&str, &str, &str); 4]; 2] = [
    [
        ("Zoé", "Chevrolet-Demo", "1984-02-29"),
        ("Anaïs", "Peltier-Demo", "1991-07-14"),
        ("Gaël", "Lécuyer-Demo", "1958-11-02"),
        ("Élodie", "Vasseur-Demo", "2012-05-23"),
    ],
    [
        ("Íñigo", "Echeverría-Demo", "1979-03-08"),
        ("Nuria", "Alcántara-Demo", "1965-12-30"),
        ("Begoña", "Zubiri-Demo", "2001-09-17"),
        ("Raúl", "Montalbán-Demo", "1996-01-21"),
    ],
];

type Routes = dyn DynEndpoint<Output = Response>;

/// Makes what is not there yet; returns the accounts. With `wanted` false, nothing.
pub async fn make(
    routes: &Routes,
    mail: &Path,
    wanted: bool,
    say: &(dyn Fn(&str) + Send + Sync),
) -> anyhow::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    if !wanted {
        return Ok(accounts);
    }
    for ((account, country), patients) in CLINICS.into_iter().zip(PATIENTS) {
        let new = json!({
            "companyName": account.clinic, "country": country, "companyEmail": account.email, "email": account.email,
            "password": PASSWORD, "acceptTerms": true,
        });
        match send(routes, Method::POST, "/api/v1/auth/register", None, &new).await? {
            (StatusCode::CONFLICT, _) => {}
            (StatusCode::CREATED, _) => {
                say(&format!("making the demo clinic {}", account.clinic));
                fill(routes, mail, &account, &patients).await.with_context(|| account.clinic)?;
            }
            (status, answer) => anyhow::bail!("{}: {status} {answer}", account.clinic),
        }
        accounts.push(account);
    }
    Ok(accounts)
}

async fn fill(routes: &Routes, mail: &Path, account: &Account, patients: &[(&str, &str, &str)]) -> anyhow::Result<()> {
    let token = token(mail, account.email).await?;
    expect(
        StatusCode::NO_CONTENT,
        send(routes, Method::POST, "/api/v1/auth/verify-email", None, &json!({ "token": token })).await?,
    )?;
    let login = json!({ "email": account.email, "password": PASSWORD });
    let session = expect(StatusCode::OK, send(routes, Method::POST, "/api/v1/auth/login", None, &login).await?)?;
    let access = session["accessToken"].as_str().context("no access token")?;
    for (first_name, last_name, birth_date) in patients {
        let patient = json!({ "firstName": first_name, "lastName": last_name, "birthDate": birth_date });
        expect(StatusCode::CREATED, send(routes, Method::POST, "/api/v1/patients", Some(access), &patient).await?)?;
    }
    Ok(())
}

/// The token of the verification mail, which the worker sends a moment after the registration was answered.
async fn token(mail: &Path, address: &str) -> anyhow::Result<String> {
    for _ in 0..200 {
        let mails = read_directory(mail, 20)?;
        let link = mails.iter().find(|mail| mail.to == address).and_then(|mail| mail.links.first());
        if let Some(token) = link.and_then(|link| link.split_once("token=")).map(|(_, token)| token.to_owned()) {
            return Ok(token);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("the verification mail did not come")
}

async fn send(
    routes: &Routes,
    method: Method,
    path: &'static str,
    access: Option<&str>,
    body: &Value,
) -> anyhow::Result<(StatusCode, Value)> {
    let mut request = Request::builder().method(method).uri_str(path).content_type("application/json");
    if let Some(access) = access {
        request = request.header(header::AUTHORIZATION, format!("Bearer {access}"));
    }
    let response = routes.call(request.body(body.to_string())).await.map_err(|error| anyhow::anyhow!("{error}"))?;
    let status = response.status();
    let body = response.into_body().into_vec().await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn expect(wanted: StatusCode, (status, answer): (StatusCode, Value)) -> anyhow::Result<Value> {
    anyhow::ensure!(status == wanted, "answered {status}: {answer}");
    Ok(answer)
}
