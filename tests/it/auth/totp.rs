//! The second factor: enrolled, shown at log-in, each code once, asked for by a clinic. Codes are made here by the secret that was
//! answered, as an app would; where a test needs several, it has the server forget which step it saw last.

use medicalpro::auth::second_factor;
use medicalpro::central::Central;
use medicalpro::central::audit::Event;
use medicalpro::error::ApiError;
use medicalpro::ids::{Role, UserId};
use medicalpro::secrets::MasterKeys;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use totp_rs::{Builder, Totp};

use super::{assert_alike, log_in, post, until};
use crate::support::tokens::reset_token;
use crate::support::{Answer, MASTER_KEYS, PASSWORD, Person, World, api_url};

const STEP: i64 = 30;

/// An authenticator app.
pub struct App(Totp);

impl App {
    /// With a secret as it was answered, base32 (RFC 4648).
    pub fn new(secret: &str) -> Self {
        let mut bits = 0_u64;
        let mut held = 0;
        let mut bytes = Vec::new();
        for character in secret.bytes() {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|one| *one == character).unwrap();
            bits = (bits << 5) | u64::try_from(value).unwrap();
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 255).unwrap());
            }
        }
        Self(Builder::new().with_secret(<[u8; 20]>::try_from(bytes).unwrap()).build().unwrap())
    }

    /// What it shows so many steps from now.
    pub fn code(&self, steps: i64) -> String {
        let time = chrono::Utc::now().timestamp() + steps * STEP;
        self.0.generate(time.unsigned_abs()).to_string()
    }

    /// A code that is not of a step around now.
    fn wrong_code(&self) -> String {
        let right: Vec<String> = (-2..=2).map(|steps| self.code(steps)).collect();
        (0..10).map(|number| format!("{number:06}")).find(|code| !right.contains(code)).unwrap()
    }
}

async fn begin(person: &Person<'_>) -> Answer {
    person.post("/api/v1/auth/totp", &json!({ "password": PASSWORD })).await
}

/// Enrols somebody; their app, and their recovery codes.
async fn enrol(person: &Person<'_>) -> (App, Vec<String>) {
    let begun = begin(person).await;
    assert_eq!(begun.status, StatusCode::OK, "{begun:?}");
    let app = App::new(begun.json["secret"].as_str().unwrap());
    let confirmed = person.post("/api/v1/auth/totp/confirm", &json!({ "code": app.code(0) })).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{confirmed:?}");
    (app, codes(&confirmed))
}

fn codes(answer: &Answer) -> Vec<String> {
    let codes = answer.json["recoveryCodes"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Some minutes have passed: the step that was seen last is long ago.
async fn time_passes(world: &World, email: &str) {
    let forget =
        "UPDATE medicalpro_central.users SET totp_last_step = 0 WHERE email = $1 AND totp_last_step IS NOT NULL";
    assert_eq!(world.central().await.execute(forget, &[&email]).await.unwrap(), 1);
}

async fn log_in_with(world: &World, email: &str, code: &str) -> Answer {
    post(world, "login", &json!({ "email": email, "password": PASSWORD, "code": code })).await
}

fn refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, code), "{answer:?}");
}

fn refused_field(answer: &Answer, pointer: &str, code: &str) {
    let error = &answer.json["errors"][0];
    assert_eq!(
        (answer.status, &error["pointer"], &error["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!(pointer), &json!(code)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_second_factor_counts_once_it_is_confirmed_and_then_at_every_log_in() {
    let world = World::start().await;
    let clinic = world.clinic("totp").await;
    let (admin, email) = (&clinic.admin, &clinic.admin.email);
    let another = world.log_in(email).await;
    refused_field(
        &admin.post("/api/v1/auth/totp", &json!({ "password": "wrong horse battery staple" })).await,
        "/password",
        "password_wrong",
    );
    let early = admin.post("/api/v1/auth/totp/confirm", &json!({ "code": "123456" })).await;
    assert_eq!((early.status, early.code()), (StatusCode::CONFLICT, "totp_not_begun"));

    let first = begin(admin).await;
    let begun = begin(admin).await;
    let (old, app) =
        (App::new(first.json["secret"].as_str().unwrap()), App::new(begun.json["secret"].as_str().unwrap()));
    let uri = begun.json["otpauthUri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/MedicalPro:") && uri.contains("issuer=MedicalPro"), "{uri}");
    assert!(uri.contains(begun.json["secret"].as_str().unwrap()) && uri.contains(&email.replace('@', "%40")), "{uri}");
    assert!(begun.json["qrSvg"].as_str().unwrap().starts_with("<svg "));
    assert_eq!(log_in(&world, email, PASSWORD).await.status, StatusCode::OK, "begun is not confirmed");

    let confirm = async |code: &str| admin.post("/api/v1/auth/totp/confirm", &json!({ "code": code })).await;
    refused_field(&confirm(&app.wrong_code()).await, "/code", "code_invalid");
    refused_field(&confirm(&old.code(0)).await, "/code", "code_invalid");
    let confirmed = confirm(&app.code(-1)).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{confirmed:?}");
    assert_eq!(codes(&confirmed).len(), 10);
    for again in [begin(admin).await, confirm(&app.code(0)).await] {
        assert_eq!((again.status, again.code()), (StatusCode::CONFLICT, "totp_enabled"));
    }

    // Sessions that were opened without it end; the one that confirmed goes on.
    let ended = until(StatusCode::UNAUTHORIZED, async || another.get("/api/v1/auth/me").await).await;
    assert_eq!(ended.code(), "session_ended");
    assert_eq!(admin.get("/api/v1/auth/me").await.status, StatusCode::OK);

    refused(&log_in(&world, email, PASSWORD).await, "code_required");
    refused(&log_in_with(&world, email, &app.wrong_code()).await, "code_invalid");
    let session = log_in_with(&world, email, &app.code(0)).await;
    assert_eq!(session.status, StatusCode::OK, "{session:?}");
    let noted = "SELECT count(*) FILTER (WHERE second_factor), count(*) FROM medicalpro_central.sessions
                  WHERE company_id = $1 AND revoked_at IS NULL";
    let row = world.central().await.query_one(noted, &[&clinic.id.0]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 2), "the session notes what was shown");
}

#[tokio::test]
async fn whoever_does_not_know_the_password_learns_nothing_of_the_second_factor() {
    let world = World::start().await;
    let (with, without) = (world.clinic("with").await, world.clinic("without").await);
    let (app, recovery) = enrol(&with.admin).await;
    let guess = async |email: &str, code: Option<&str>| {
        let mut body = json!({ "email": email, "password": "wrong horse battery staple" });
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        post(&world, "login", &body).await
    };
    let plain = guess(&without.admin.email, None).await;
    refused(&plain, "credentials_invalid");
    for code in [None, Some(app.code(1).as_str()), Some("123456"), Some(recovery[0].as_str())] {
        assert_alike(&guess(&with.admin.email, code).await, &plain);
        assert_alike(&guess("nobody@example.org", code).await, &plain);
    }
    // None of the codes was used up by it.
    assert_eq!(log_in_with(&world, &with.admin.email, &recovery[0]).await.status, StatusCode::OK);
    assert_eq!(log_in_with(&world, &with.admin.email, &app.code(1)).await.status, StatusCode::OK);
    // Who has none may send a code, which is not looked at.
    assert_eq!(log_in_with(&world, &without.admin.email, "123456").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_is_good_for_its_step_and_one_on_either_side() {
    let world = World::start().await;
    let clinic = world.clinic("window").await;
    let (app, _) = enrol(&clinic.admin).await;
    for (steps, status) in [(-3, StatusCode::UNAUTHORIZED), (3, StatusCode::UNAUTHORIZED), (0, StatusCode::OK)] {
        time_passes(&world, &clinic.admin.email).await;
        let answer = log_in_with(&world, &clinic.admin.email, &app.code(steps)).await;
        assert_eq!(answer.status, status, "{steps} steps from now: {answer:?}");
    }
    // On the edge a step may end between here and there: of two attempts one is within a step.
    for steps in [-1, 1] {
        let mut answers = Vec::new();
        for _ in 0..2 {
            time_passes(&world, &clinic.admin.email).await;
            answers.push(log_in_with(&world, &clinic.admin.email, &app.code(steps)).await.status);
        }
        assert!(answers.contains(&StatusCode::OK), "{steps}: {answers:?}");
    }
}

#[tokio::test]
async fn a_code_that_was_used_is_refused_and_so_is_every_one_before_it() {
    let world = World::start().await;
    let clinic = world.clinic("replay").await;
    let email = &clinic.admin.email;
    let (app, _) = enrol(&clinic.admin).await;
    let (used, newer) = (app.code(0), app.code(1));
    time_passes(&world, email).await;
    assert_eq!(log_in_with(&world, email, &used).await.status, StatusCode::OK);
    refused(&log_in_with(&world, email, &used).await, "code_invalid");
    assert_eq!(log_in_with(&world, email, &newer).await.status, StatusCode::OK, "the next one is another");
    for old in [&used, &newer] {
        refused(&log_in_with(&world, email, old).await, "code_invalid");
    }
    // What confirmed it is used up too.
    let other = world.clinic("replay-confirmation").await;
    let secret = begin(&other.admin).await.json["secret"].as_str().unwrap().to_owned();
    let code = App::new(&secret).code(0);
    assert_eq!(other.admin.post("/api/v1/auth/totp/confirm", &json!({ "code": code })).await.status, StatusCode::OK);
    refused(&log_in_with(&world, &other.admin.email, &code).await, "code_invalid");
}

#[tokio::test]
async fn of_fifty_log_ins_at_once_with_one_code_exactly_one_gets_in() {
    let world = World::start().await;
    let clinic = world.clinic("code-race").await;
    let email = &clinic.admin.email;
    let (app, recovery) = enrol(&clinic.admin).await;
    let id = "SELECT id FROM medicalpro_central.users WHERE email = $1";
    let user = UserId(world.central().await.query_one(id, &[email]).await.unwrap().get(0));
    let tls = medicalpro::database::tls(None).unwrap();
    let central = Central::new(api_url(&world.admin).parse().unwrap(), tls, 8).unwrap();
    let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
    for [by_http, by_hand] in [[app.code(0), app.code(1)], [recovery[3].clone(), recovery[4].clone()]] {
        time_passes(&world, email).await;
        let answers = futures_util::future::join_all((0..50).map(|_| log_in_with(&world, email, &by_http))).await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((won.len(), lost.len()), (1, 49), "{answers:?}");
        // Whoever guesses too often waits.
        assert!(lost.iter().all(|answer| ["code_invalid", "too_many_attempts"].contains(&answer.code())), "{lost:?}");
        forgive(&world, email).await;

        // The same where nobody waits, so that all fifty are looked at.
        let code = by_hand.parse().unwrap();
        let failed = || Event { action: "login", ..Event::default() };
        let checks = (0..50).map(|_| second_factor::check(&central, &keys, user, Some(&code), failed()));
        let checks = futures_util::future::join_all(checks).await;
        assert_eq!(checks.iter().filter(|check| matches!(check, Ok(true))).count(), 1, "{checks:?}");
        let refused = |check: &&_| matches!(check, Err(ApiError::Unauthenticated { code: "code_invalid", .. }));
        assert_eq!(checks.iter().filter(refused).count(), 49, "{checks:?}");
    }
}

/// The time has passed after which failed attempts on an account are forgotten.
async fn forgive(world: &World, email: &str) {
    let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
    let subject = keys.fingerprint(format!("attempts on {email}").as_bytes());
    let forget = "DELETE FROM medicalpro_central.login_failures WHERE subject = $1";
    world.central().await.execute(forget, &[&subject.as_slice()]).await.unwrap();
}

#[tokio::test]
async fn whoever_has_the_password_guesses_few_codes_before_they_wait() {
    let world = World::start().await;
    let clinic = world.clinic("guesses").await;
    let (admin, email) = (&clinic.admin, &clinic.admin.email);
    let (app, recovery) = enrol(admin).await;
    let mut guesses = 0;
    let waits = loop {
        let answer = log_in_with(&world, email, &app.wrong_code()).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        refused(&answer, "code_invalid");
        guesses += 1;
        assert!(guesses <= 10, "nobody waits");
    };
    assert_eq!(waits.code(), "too_many_attempts");
    // The right code waits too; and an open session with the password has as few guesses, whichever way it asks.
    assert_eq!(log_in_with(&world, email, &app.code(1)).await.code(), "too_many_attempts");
    let change = json!({ "password": PASSWORD, "code": app.wrong_code() });
    for guess in 0..8 {
        let path = if guess % 2 == 0 { "disable" } else { "recovery-codes" };
        let answer = admin.post(&format!("/api/v1/auth/totp/{path}"), &change).await;
        assert_eq!(answer.code(), if guess < 5 { "invalid" } else { "too_many_attempts" }, "{guess}: {answer:?}");
    }
    forgive(&world, email).await;
    assert_eq!(log_in_with(&world, email, &recovery[0]).await.status, StatusCode::OK, "control");
    // The right password without a code is a failure too: else it would forgive the guesses between.
    for _ in 0..5 {
        refused(&log_in(&world, email, PASSWORD).await, "code_required");
    }
    assert_eq!(log_in(&world, email, PASSWORD).await.code(), "too_many_attempts");
}

#[tokio::test]
async fn of_fifty_confirmations_at_once_exactly_one_answers_recovery_codes() {
    let world = World::start().await;
    let clinic = world.clinic("confirm-race").await;
    let secret = begin(&clinic.admin).await.json["secret"].as_str().unwrap().to_owned();
    let body = json!({ "code": App::new(&secret).code(0) });
    let all = (0..50).map(|_| clinic.admin.post("/api/v1/auth/totp/confirm", &body));
    let answers = futures_util::future::join_all(all).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    let told = answers.iter().filter(|answer| answer.code() == "totp_enabled").count();
    assert_eq!((won, told), (1, 49), "{answers:?}");
    let stored =
        "SELECT count(*) FROM medicalpro_central.recovery_codes r JOIN medicalpro_central.users u ON u.id = r.user_id
                   WHERE u.email = $1";
    let stored: i64 = world.central().await.query_one(stored, &[&clinic.admin.email]).await.unwrap().get(0);
    assert_eq!(stored, 10, "of the one that won");
}

#[tokio::test]
async fn a_recovery_code_works_once_however_it_is_typed_and_a_new_set_voids_the_old() {
    let world = World::start().await;
    let clinic = world.clinic("recovery").await;
    let (admin, email) = (&clinic.admin, &clinic.admin.email);
    let (app, first) = enrol(admin).await;
    assert_eq!(log_in_with(&world, email, &first[0]).await.status, StatusCode::OK);
    refused(&log_in_with(&world, email, &first[0]).await, "code_invalid");
    assert_eq!(log_in_with(&world, email, &first[1].to_lowercase().replace('-', " ")).await.status, StatusCode::OK);
    refused(&log_in_with(&world, email, &first[1]).await, "code_invalid");

    let renew = async |password: &str, code: &str| {
        admin.post("/api/v1/auth/totp/recovery-codes", &json!({ "password": password, "code": code })).await
    };
    refused_field(&renew("wrong horse battery staple", &first[2]).await, "/password", "password_wrong");
    refused_field(&renew(PASSWORD, &app.wrong_code()).await, "/code", "code_invalid");
    let renewed = renew(PASSWORD, &app.code(1)).await;
    let second = codes(&renewed);
    assert!(second.len() == 10 && second.iter().all(|code| !first.contains(code)));
    refused(&log_in_with(&world, email, &first[2]).await, "code_invalid");
    forgive(&world, email).await;
    assert_eq!(log_in_with(&world, email, &second[0]).await.status, StatusCode::OK);

    // Another's are nothing to this account.
    let other = world.clinic("recovery-other").await;
    let (_, theirs) = enrol(&other.admin).await;
    refused(&log_in_with(&world, email, &theirs[0]).await, "code_invalid");
    assert_eq!(log_in_with(&world, &other.admin.email, &theirs[0]).await.status, StatusCode::OK, "control");
}

#[tokio::test]
async fn to_give_it_up_takes_the_password_and_a_code() {
    let world = World::start().await;
    let clinic = world.clinic("disable").await;
    let (admin, email) = (&clinic.admin, &clinic.admin.email);
    let disable = async |password: &str, code: &str| {
        admin.post("/api/v1/auth/totp/disable", &json!({ "password": password, "code": code })).await
    };
    let none = disable(PASSWORD, "123456").await;
    assert_eq!((none.status, none.code()), (StatusCode::CONFLICT, "totp_not_enabled"));
    let (app, recovery) = enrol(admin).await;
    let another = log_in_with(&world, email, &recovery[0]).await;
    let token = another.json["accessToken"].as_str().unwrap();
    refused_field(&disable("wrong horse battery staple", &app.code(1)).await, "/password", "password_wrong");
    refused_field(&disable(PASSWORD, &app.wrong_code()).await, "/code", "code_invalid");
    refused_field(&disable(PASSWORD, &recovery[0]).await, "/code", "code_invalid");
    refused(&log_in(&world, email, PASSWORD).await, "code_required");

    assert_eq!(disable(PASSWORD, &recovery[1]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(log_in(&world, email, PASSWORD).await.status, StatusCode::OK);
    let me = async || world.request(Method::GET, "/api/v1/auth/me", Some(token), &[], None).await;
    until(StatusCode::UNAUTHORIZED, me).await;
    assert_eq!(admin.get("/api/v1/auth/me").await.status, StatusCode::OK);
    // What was left of it is gone: enrolled anew, the old codes are worth nothing.
    let (_, fresh) = enrol(admin).await;
    refused(&log_in_with(&world, email, &recovery[2]).await, "code_invalid");
    assert_eq!(log_in_with(&world, email, &fresh[0]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_clinic_that_asks_for_it_lets_nobody_without_it_reach_more_than_their_account() {
    let world = World::start().await;
    let elsewhere = World::on(world.admin.clone(), None, &[], &[]).await;
    let (clinic, other) = (world.clinic("required").await, world.clinic("not-required").await);
    let nurse = clinic.person(Role::Nurse).await;
    let admin = &clinic.admin;
    let set = async |required: bool| {
        admin.patch("/api/v1/clinic/security", &json!({ "secondFactorRequired": required })).await
    };
    let first = set(true).await;
    assert_eq!((first.status, first.code()), (StatusCode::CONFLICT, "second_factor_enrolment_required"));
    assert_eq!(nurse.get("/api/v1/clinic/security").await.json, json!({ "secondFactorRequired": false }));
    let (_, recovery) = enrol(admin).await;
    assert_eq!(set(true).await.json, json!({ "secondFactorRequired": true }));
    assert_eq!(admin.patch("/api/v1/clinic/security", &json!({})).await.json, json!({ "secondFactorRequired": true }));

    // The nurse's open session, on every server; and one that is opened now.
    let fresh = world.log_in(&nurse.email).await;
    for token in [&nurse.token, &fresh.token] {
        for server in [&world, &elsewhere] {
            let ask = async |path: &str| server.request(Method::GET, path, Some(token), &[], None).await;
            let closed = until(StatusCode::FORBIDDEN, async || ask("/api/v1/patients").await).await;
            assert_eq!(closed.code(), "second_factor_enrolment_required");
            assert_eq!(ask("/api/v1/clinic/security").await.status, StatusCode::FORBIDDEN);
            assert_eq!(ask("/api/v1/auth/me").await.status, StatusCode::OK, "their own account is open");
        }
    }
    for open in [admin, &other.admin] {
        assert_eq!(open.get("/api/v1/patients").await.status, StatusCode::OK);
    }

    let (_, codes) = enrol(&fresh).await;
    assert_eq!(fresh.get("/api/v1/patients").await.status, StatusCode::OK, "at once, here");
    until(StatusCode::OK, async || {
        elsewhere.request(Method::GET, "/api/v1/patients", Some(&fresh.token), &[], None).await
    })
    .await;
    let not_theirs = fresh.patch("/api/v1/clinic/security", &json!({ "secondFactorRequired": false })).await;
    assert_eq!((not_theirs.status, not_theirs.code()), (StatusCode::FORBIDDEN, "forbidden"));
    // Whoever has lost the app gives it up with a recovery code, gets no further than the account, and begins anew.
    let give_up = json!({ "password": PASSWORD, "code": codes[0] });
    assert_eq!(fresh.post("/api/v1/auth/totp/disable", &give_up).await.status, StatusCode::NO_CONTENT);
    until(StatusCode::FORBIDDEN, async || fresh.get("/api/v1/patients").await).await;
    enrol(&fresh).await;
    until(StatusCode::OK, async || fresh.get("/api/v1/patients").await).await;
    assert_eq!(set(false).await.status, StatusCode::OK);
    assert_eq!(log_in_with(&world, &admin.email, &recovery[0]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_the_second_factor_every_operation_but_ones_own_account_is_closed() {
    let world = World::start().await;
    let clinic = world.clinic("closed").await;
    let require = "UPDATE medicalpro_central.companies SET second_factor_required = true WHERE id = $1";
    world.central().await.execute(require, &[&clinic.id.0]).await.unwrap();
    until(StatusCode::FORBIDDEN, async || clinic.admin.get("/api/v1/patients").await).await;
    let spec: Value = world.send(Method::GET, "/openapi.json", None).await.json;
    let (mut open, mut closed) = (0, 0);
    for (path, item) in spec["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if operation["security"].as_array().unwrap().is_empty() {
                continue;
            }
            // Each its own log-in, since logging out is an operation too.
            let person = world.log_in(&clinic.admin.email).await;
            let body = operation.get("requestBody").map(|_| json!({}));
            let path = path.replace("{id}", &uuid::Uuid::now_v7().to_string());
            let answer = person.request(method.to_uppercase().parse().unwrap(), &path, &[], body.as_ref()).await;
            if path.starts_with("/api/v1/auth/") {
                assert_ne!(answer.code(), "second_factor_enrolment_required", "{method} {path}");
                open += 1;
            } else {
                let expected = (StatusCode::FORBIDDEN, "second_factor_enrolment_required");
                assert_eq!((answer.status, answer.code()), expected, "{method} {path}");
                closed += 1;
            }
        }
    }
    assert!(open >= 5 && closed >= 8, "{open} open, {closed} closed");
}

#[tokio::test]
async fn central_holds_no_secret_and_no_code_in_the_clear_and_the_trail_tells_of_each_step() {
    let world = World::start().await;
    let clinic = world.clinic("trail").await;
    let (admin, email) = (&clinic.admin, &clinic.admin.email);
    let begun = begin(admin).await;
    let secret = begun.json["secret"].as_str().unwrap();
    let app = App::new(secret);
    let code = app.code(0);
    refused_field(
        &admin.post("/api/v1/auth/totp/confirm", &json!({ "code": app.wrong_code() })).await,
        "/code",
        "code_invalid",
    );
    let recovery = codes(&admin.post("/api/v1/auth/totp/confirm", &json!({ "code": code })).await);
    refused(&log_in(&world, email, PASSWORD).await, "code_required");
    refused(&log_in_with(&world, email, &code).await, "code_invalid");
    time_passes(&world, email).await;
    assert_eq!(log_in_with(&world, email, &app.code(0)).await.status, StatusCode::OK);
    assert_eq!(log_in_with(&world, email, &recovery[0]).await.status, StatusCode::OK);
    refused(&log_in_with(&world, email, &recovery[0]).await, "code_invalid");
    let give_up = json!({ "password": PASSWORD, "code": recovery[1] });
    assert_eq!(admin.post("/api/v1/auth/totp/disable", &give_up).await.status, StatusCode::NO_CONTENT);
    enrol(admin).await;

    let central = world.central().await;
    let trail =
        "SELECT a.action || ' ' || a.outcome || coalesce(' ' || a.detail, '') FROM medicalpro_central.audit_logs a
                   JOIN medicalpro_central.users u ON u.id = a.user_id
                  WHERE u.email = $1 AND a.action ~ 'totp|recovery|^login' ORDER BY a.id";
    let trail: Vec<String> = central.query(trail, &[email]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(
        trail,
        [
            "login success",
            "totp_begun success",
            "totp_enabled failure code_invalid",
            "totp_enabled success",
            "login failure code_required",
            "login failure code_invalid",
            "login success",
            "recovery_code_used success",
            "login success",
            "login failure code_invalid",
            "recovery_code_used success",
            "totp_disabled success",
            "totp_begun success",
            "totp_enabled success",
        ]
    );
    let placed = "SELECT count(*), count(*) FILTER (WHERE a.request_id IS NOT NULL AND a.network IS NOT NULL)
                    FROM medicalpro_central.audit_logs a JOIN medicalpro_central.users u ON u.id = a.user_id
                   WHERE u.email = $1 AND a.action = 'recovery_code_used'";
    let placed = central.query_one(placed, &[email]).await.unwrap();
    assert_eq!((placed.get::<_, i64>(0), placed.get::<_, i64>(1)), (2, 2), "with their requests and networks");
    let everything = "SELECT string_agg(t::text, ' ') FROM (
        SELECT u::text AS t FROM medicalpro_central.users u WHERE email = $1
        UNION ALL SELECT r::text FROM medicalpro_central.recovery_codes r
        UNION ALL SELECT a::text FROM medicalpro_central.audit_logs a) t";
    let everything: String = central.query_one(everything, &[email]).await.unwrap().get(0);
    assert!(
        everything.contains(email.as_str()) && everything.contains("v1.test."),
        "control: a sealed secret is there"
    );
    for clear in [secret, &recovery[0], &recovery[0].replace('-', "")] {
        for form in [clear.to_owned(), hex::encode(clear)] {
            assert!(!everything.contains(&form));
        }
    }
}

#[tokio::test]
async fn another_password_by_mail_leaves_the_second_factor_as_it_is() {
    let world = World::start().await;
    let clinic = world.clinic("factor-stays").await;
    let email = &clinic.admin.email;
    let (_, recovery) = enrol(&clinic.admin).await;
    let token = reset_token(&world, email).await;
    let set = json!({ "token": token, "password": "lantern quartz nine otters" });
    assert_eq!(post(&world, "reset-password", &set).await.status, StatusCode::NO_CONTENT);
    refused(&log_in(&world, email, "lantern quartz nine otters").await, "code_required");
    let whole = json!({ "email": email, "password": "lantern quartz nine otters", "code": recovery[0] });
    assert_eq!(post(&world, "login", &whole).await.status, StatusCode::OK, "control");
}
