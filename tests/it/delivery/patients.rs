//! Mail about patients: from their clinic's database to their mailbox, and nowhere else.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use medicalpro::auth::caller::{Bearer, Callers};
use medicalpro::auth::standing::{self, Standings};
use medicalpro::auth::token::Tokens;
use medicalpro::central::Central;
use medicalpro::central::journal::Requests;
use medicalpro::clinic::outbox::{self, AppointmentNotice, Notice};
use medicalpro::clinic::{Clinics, PoolSettings};
use medicalpro::database::tls;
use medicalpro::error::ApiError;
use medicalpro::ids::Role;
use medicalpro::resources;
use medicalpro::secrets::MasterKeys;
use medicalpro::transaction;
use poem::endpoint::DynEndpoint;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{EndpointExt as _, Request, Response};
use poem_openapi::payload::Json;
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{address, mails_to};
use crate::isolation::by_hand::{ADMIN, Hand, SECRETARY, refused, rows};
use crate::isolation::central::{everything, places};
use crate::provisioning::site::until;
use crate::support::{Clinic, MASTER_KEYS, World, api_url};

const WORKER: &str = "medicalpro_worker";

/// An appointment of a patient who has an address; the practitioner and the appointment are laid in by hand.
pub struct Visit {
    pub hand: Hand,
    pub patient: Uuid,
    pub appointment: Uuid,
    pub email: String,
    pub name: String,
    pub start: DateTime<Utc>,
}

impl Visit {
    pub async fn of(world: &World, clinic: &Clinic<'_>, label: &str) -> Self {
        let hand = Hand::of(world, clinic).await;
        let (email, name) = (address(label), format!("Zz{}", Uuid::now_v7().simple()));
        let body = json!({ "firstName": "Test", "lastName": name, "email": email, "language": "es" });
        let entered = clinic.admin.post("/api/v1/patients", &body).await;
        assert_eq!(entered.status.as_u16(), 201, "{}", entered.json);
        let patient = entered.json["id"].as_str().unwrap().parse().unwrap();
        let (practitioner, appointment) = (Uuid::now_v7(), Uuid::now_v7());
        let start = Utc::now() + Duration::days(2);
        // As PostgreSQL keeps it.
        let start = DateTime::from_timestamp_micros(start.timestamp_micros()).unwrap();
        let made = hand
            .commit(
                ADMIN,
                &format!(
                    "INSERT INTO practitioners (id, first_name, last_name, sort_name) VALUES ('{practitioner}', 'Max', 'Yy', 'y y');
                     INSERT INTO appointments (id, patient_id, practitioner_id, starts_at, ends_at)
                     VALUES ('{appointment}', '{patient}', '{practitioner}', '{start}', '{}')",
                    start + Duration::minutes(30)
                ),
            )
            .await;
        assert_eq!(made, rows([]));
        Self { hand, patient, appointment, email, name, start }
    }

    fn told(&self) -> AppointmentNotice {
        AppointmentNotice {
            link: None,
            practitioner_id: None,
            appointment_id: self.appointment,
            practitioner: "Xx Practitioner".to_owned(),
            facility_id: None,
            start: self.start,
            minutes: 30,
        }
    }

    /// Queues mails by hand, as the secretary's session: central knows nothing of them.
    async fn queue(&self, kind: &str, payload: &Value, count: u32) {
        let insert = format!(
            "INSERT INTO email_outbox (kind, language, patient_id, payload)
             SELECT '{kind}', 'es', '{}', '{payload}' FROM generate_series(1, {count})",
            self.patient
        );
        assert_eq!(self.hand.commit(SECRETARY, &insert).await, rows([]));
    }

    /// Every mail of the clinic: kind, status, attempts.
    async fn outbox(&self) -> Vec<String> {
        let look = "SELECT kind, status, attempts FROM email_outbox ORDER BY created_at, id";
        self.hand.run(WORKER, look).await.unwrap()
    }
}

/// Says in central that the clinic has mail, as the server does.
pub async fn note(world: &World, clinic: Uuid) {
    let note = "INSERT INTO medicalpro_central.clinic_mail (company_id, due_at) VALUES ($1, now())
                ON CONFLICT (company_id) DO UPDATE SET due_at = least(clinic_mail.due_at, now())";
    world.central().await.execute(note, &[&clinic]).await.unwrap();
}

/// Confirmations of one appointment, queued by hand: of reminders, one is sent.
pub async fn queue_confirmations(world: &World, visit: &Visit, count: u32) {
    let payload = serde_json::to_value(visit.told()).unwrap();
    visit.queue("appointment_confirmation", &payload, count).await;
    note(world, visit.hand.clinic.0).await;
}

/// Lets the leases pass of whoever took a clinic or its mail and ended with its test.
pub async fn leases_pass(world: &World, clinic: Uuid) {
    let over = "UPDATE medicalpro_central.clinic_mail SET leased_until = now() - interval '1 second'
                 WHERE company_id = $1 AND leased_until < now() + interval '4 minutes 50 seconds'";
    world.central().await.execute(over, &[&clinic]).await.unwrap();
}

async fn sent(world: &World, visit: &Visit, count: usize) {
    until("the patient's mail is there", async || {
        leases_pass(world, visit.hand.clinic.0).await;
        (mails_to(world, &visit.email).len() >= count).then_some(())
    })
    .await;
    until("and noted", async || {
        let outbox = visit.outbox().await;
        (!outbox.iter().any(|mail| mail.contains("|pending|"))).then_some(())
    })
    .await;
}

/// A resource as they are to be: an operation whose transaction queues a mail.
struct Diary;

#[OpenApi]
impl Diary {
    #[oai(path = "/remind/:patient/:fail", method = "post", operation_id = "remind")]
    async fn remind(
        &self,
        caller: Bearer,
        clinics: Data<&Clinics>,
        patient: poem_openapi::param::Path<Uuid>,
        fail: poem_openapi::param::Path<bool>,
        told: Json<Value>,
    ) -> poem::Result<Json<bool>> {
        let notice = Notice::AppointmentReminder(serde_json::from_value(told.0.clone()).unwrap());
        let queued: Result<bool, ApiError> = async {
            transaction!(clinics.write(&caller.0), |tx| {
                let queued = outbox::queue(tx, patient.0, &notice, None).await?;
                if fail.0 { Err(ApiError::NotFound) } else { Ok(queued) }
            })
        }
        .await;
        Ok(Json(queued?))
    }
}

/// That operation, with the way that requests go: real tokens, the clinics' own pools.
async fn diary(world: &World) -> impl DynEndpoint<Output = Response> {
    let keys = Arc::new(MasterKeys::parse(MASTER_KEYS).unwrap());
    let central = Central::new(api_url(&world.admin).parse().unwrap(), tls(None).unwrap(), 2).unwrap();
    let tokens = Arc::new(Tokens::load(&central, &keys).await.unwrap());
    let second = std::time::Duration::from_secs(5);
    let bounds = PoolSettings { size: 2, budget: 4, idle: second, wait: second };
    let requests = Requests::new(central.clone(), tokio::sync::watch::channel(0).1, second);
    let clinics = Clinics::new(central.clone(), keys, tls(None).unwrap(), bounds, resources::CONSTRAINTS, requests);
    let service = OpenApiService::new(Diary, "diary", "1");
    poem::endpoint::ToDynEndpoint(
        poem::Route::new()
            .nest("/", service)
            .data(clinics)
            .data(Callers::new(Standings::new(central, standing::BOUND), tokens))
            .map_to_response(),
    )
}

async fn remind(
    diary: &dyn DynEndpoint<Output = Response>,
    token: &str,
    visit: &Visit,
    fail: bool,
) -> (StatusCode, String) {
    let request = Request::builder()
        .method(poem::http::Method::POST)
        .uri(format!("/remind/{}/{fail}", visit.patient).parse().unwrap())
        .header("authorization", format!("Bearer {token}"))
        .content_type("application/json")
        .body(serde_json::to_vec(&visit.told()).unwrap());
    let answer = match diary.call(request).await {
        Ok(answer) => answer,
        Err(error) => error.into_response(),
    };
    (answer.status(), answer.into_body().into_string().await.unwrap())
}

#[tokio::test]
async fn a_mail_queued_in_a_callers_transaction_reaches_the_patient_and_central_learns_nothing_of_it() {
    let world = World::start().await;
    let clinic = world.clinic("visit").await;
    let visit = Visit::of(&world, &clinic, "visit").await;
    let diary = diary(&world).await;
    let secretary = clinic.person(Role::Secretary).await;
    let reader = clinic.person(Role::Readonly).await;

    assert_eq!(remind(&diary, &secretary.token, &visit, true).await.0, StatusCode::NOT_FOUND, "rolled back");
    assert_eq!(remind(&diary, &reader.token, &visit, false).await.0, StatusCode::FORBIDDEN);
    assert_eq!(visit.outbox().await, Vec::<String>::new(), "nothing is queued by what fails");
    let noted = "SELECT FROM medicalpro_central.clinic_mail WHERE company_id = $1";
    assert!(world.central().await.query_opt(noted, &[&clinic.id.0]).await.unwrap().is_none(), "and nothing noted");

    let answer = remind(&diary, &secretary.token, &visit, false).await;
    assert_eq!(answer, (StatusCode::OK, "true".to_owned()));
    sent(&world, &visit, 1).await;
    assert_eq!(visit.outbox().await, ["appointment_reminder|sent|1"]);
    // Central was told before the commit as well: had the server died in between, the mail would be looked for.
    let expected = "SELECT FROM medicalpro_central.clinic_mail WHERE company_id = $1 AND expected_until > now()";
    assert!(world.central().await.query_opt(expected, &[&clinic.id.0]).await.unwrap().is_some());
    let mails = mails_to(&world, &visit.email);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].html.contains("<html lang=\"es\""), "the patient's language, at a clinic in France");
    assert!(mails[0].text.contains(&visit.name) && mails[0].text.contains("Xx Practitioner"), "{}", mails[0].text);

    let everything = everything(&world).await;
    assert!(!places(&everything, &clinic.admin.email).is_empty(), "control: the administrator is there");
    for word in [&visit.name, &visit.email, &visit.patient.to_string(), &visit.appointment.to_string()] {
        assert_eq!(places(&everything, word), Vec::<&str>::new(), "{word}");
    }
    assert!(places(&everything, "Xx Practitioner").is_empty());

    // Who has no address is not written to, and nobody is told that something is there.
    let nobody: Uuid = clinic.patient("Nowhere").await["id"].as_str().unwrap().parse().unwrap();
    let (hand, email, name) = (Hand::of(&world, &clinic).await, String::new(), String::new());
    let unreachable = Visit { hand, patient: nobody, appointment: visit.appointment, email, name, start: visit.start };
    assert_eq!(remind(&diary, &secretary.token, &unreachable, false).await, (StatusCode::OK, "false".to_owned()));
    assert_eq!(visit.outbox().await.len(), 1);
}

#[tokio::test]
async fn what_was_committed_before_a_server_died_is_found_when_its_expectation_ends() {
    let world = World::start().await;
    let clinic = world.clinic("crash").await;
    let visit = Visit::of(&world, &clinic, "crash").await;
    let config = api_url(&world.admin).parse().unwrap();
    let central = Central::new(config, tls(None).unwrap(), 1).unwrap();
    medicalpro::central::clinic_mail::expect(&central, clinic.id).await.unwrap();
    let payload = serde_json::to_value(visit.told()).unwrap();
    visit.queue("appointment_reminder", &payload, 1).await;
    // Here the server dies. Its expectation is not due yet.
    let admin = world.central().await;
    let due = "SELECT due_at > now() + interval '50 seconds' FROM medicalpro_central.clinic_mail WHERE company_id = $1";
    assert!(admin.query_one(due, &[&clinic.id.0]).await.unwrap().get::<_, bool>(0));
    assert_eq!(visit.outbox().await, ["appointment_reminder|pending|0"], "control");
    // A look before the commit would not have ended it: what is expected is looked for once more.
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 1).await;
    until("it is looked at again when the expectation ends", async || {
        admin.query_one(due, &[&clinic.id.0]).await.unwrap().get::<_, bool>(0).then_some(())
    })
    .await;
    let passed =
        "UPDATE medicalpro_central.clinic_mail SET due_at = now(), expected_until = now() WHERE company_id = $1";
    visit.queue("appointment_confirmation", &payload, 1).await;
    admin.execute(passed, &[&clinic.id.0]).await.unwrap();
    sent(&world, &visit, 2).await;
    let noted = "SELECT FROM medicalpro_central.clinic_mail WHERE company_id = $1";
    until("and forgotten then", async || {
        admin.query_opt(noted, &[&clinic.id.0]).await.unwrap().is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_suspended_clinics_patients_and_those_of_one_out_of_reach_wait_while_others_are_written_to() {
    let world = World::start().await;
    let mut visits = Vec::new();
    for label in ["suspended", "unreachable", "well"] {
        let clinic = world.clinic(label).await;
        visits.push(Visit::of(&world, &clinic, label).await);
    }
    let [suspended, unreachable, well] = visits.try_into().ok().unwrap();
    let admin = world.central().await;
    let status = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
    admin.execute(status, &[&suspended.hand.clinic.0, &"suspended"]).await.unwrap();
    // Its login may not log in, for a while.
    let login = |may: &str| format!("ALTER ROLE {} {may}", unreachable.hand.name);
    admin.batch_execute(&login("NOLOGIN")).await.unwrap();
    for visit in [&suspended, &unreachable, &well] {
        queue_confirmations(&world, visit, 2).await;
    }
    let failures = "SELECT failures FROM medicalpro_central.clinic_mail WHERE company_id = $1";
    until("the unreachable one was tried", async || {
        leases_pass(&world, unreachable.hand.clinic.0).await;
        let row = admin.query_opt(failures, &[&unreachable.hand.clinic.0]).await.unwrap();
        row.filter(|row| row.get::<_, i32>(0) > 0)
    })
    .await;
    sent(&world, &well, 2).await;
    for visit in [&suspended, &unreachable] {
        let pending = ["appointment_confirmation|pending|0"; 2];
        assert_eq!(visit.outbox().await, pending);
        assert_eq!(mails_to(&world, &visit.email).len(), 0);
    }

    admin.execute(status, &[&suspended.hand.clinic.0, &"active"]).await.unwrap();
    admin.batch_execute(&login("LOGIN")).await.unwrap();
    let again = "UPDATE medicalpro_central.clinic_mail SET due_at = now() WHERE company_id = $1";
    admin.execute(again, &[&unreachable.hand.clinic.0]).await.unwrap();
    sent(&world, &suspended, 2).await;
    sent(&world, &unreachable, 2).await;
}

#[tokio::test]
async fn what_is_no_longer_so_is_not_told() {
    let world = World::start().await;
    let clinic = world.clinic("changed").await;
    let visit = Visit::of(&world, &clinic, "changed").await;
    let told = serde_json::to_value(visit.told()).unwrap();
    let mut moved = told.clone();
    moved["start"] = json!(visit.start - Duration::hours(1));
    let mut consent = json!({ "title": "T", "path": "/consents", "validUntil": Utc::now() + Duration::days(1) });
    visit.queue("appointment_confirmation", &told, 1).await;
    visit.queue("appointment_reminder", &moved, 1).await;
    visit.queue("consent_to_sign", &consent, 1).await;
    consent["validUntil"] = json!(Utc::now() - Duration::days(1));
    visit.queue("consent_to_sign", &consent, 1).await;
    let document =
        json!({ "document": "invoice", "number": "F-1", "total": 2500, "currency": "EUR", "path": "/documents" });
    visit.queue("document_sent", &document, 1).await;
    visit.queue("horoscope", &json!({}), 1).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 3).await;
    assert_eq!(
        visit.outbox().await,
        [
            "appointment_confirmation|sent|1",
            "appointment_reminder|closed|1",
            "consent_to_sign|sent|1",
            "consent_to_sign|closed|1",
            "document_sent|sent|1",
            "horoscope|failed|1"
        ]
    );

    let cancel = format!(
        "UPDATE appointments SET status = 'cancelled', cancelled_for = 'clinic' WHERE id = '{}'",
        visit.appointment
    );
    assert_eq!(visit.hand.commit(SECRETARY, &cancel).await, rows([]));
    visit.queue("appointment_reminder", &told, 1).await;
    visit.queue("appointment_cancellation", &told, 1).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 4).await;
    assert_eq!(visit.outbox().await[6..], ["appointment_reminder|closed|1", "appointment_cancellation|sent|1"]);

    let archive = format!("UPDATE patients SET deleted_at = now() WHERE id = '{}'", visit.patient);
    assert_eq!(visit.hand.commit(ADMIN, &archive).await, rows([]));
    visit.queue("appointment_cancellation", &told, 1).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 4).await;
    assert_eq!(visit.outbox().await[8..], ["appointment_cancellation|closed|1"]);
    assert_eq!(mails_to(&world, &visit.email).len(), 4);
}

#[tokio::test]
async fn a_confirmation_bears_the_link_that_the_patient_answers_by_and_a_cancellation_none() {
    let world = World::start().await;
    let clinic = world.clinic("answers").await;
    let visit = Visit::of(&world, &clinic, "answers").await;
    let link = Uuid::now_v7();
    let laid = format!(
        "INSERT INTO appointment_links (id, appointment_id, starts_at) VALUES ('{link}', '{}', '{}')",
        visit.appointment, visit.start
    );
    assert_eq!(visit.hand.commit(SECRETARY, &laid).await, rows([]));
    let told = serde_json::to_value(AppointmentNotice { link: Some(link), ..visit.told() }).unwrap();
    visit.queue("appointment_confirmation", &told, 1).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 1).await;
    let mails = mails_to(&world, &visit.email);
    let token =
        mails[0].links.iter().find_map(|link| link.split_once("/appointment?lang=es#token=")).expect("a link").1;
    let body = json!({ "token": token });
    let shown = world.send(reqwest::Method::POST, "/api/v1/links/appointment", Some(&body)).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!((&shown.json["practitioner"], &shown.json["language"]), (&json!("Max Yy"), &json!("es")));
    let confirmed = world.send(reqwest::Method::POST, "/api/v1/links/appointment/confirm", Some(&body)).await;
    assert_eq!(confirmed.status, 204, "{confirmed:?}");

    visit.queue("appointment_cancellation", &told, 1).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 2).await;
    let mails = mails_to(&world, &visit.email);
    let bearing = mails.iter().filter(|mail| mail.text.contains("token=") || mail.html.contains("token=")).count();
    assert_eq!((mails.len(), bearing), (2, 1), "there is nothing to answer any more");
}

#[tokio::test]
async fn of_a_start_one_mail_reminds_however_often_that_is_tried() {
    let world = World::start().await;
    let clinic = world.clinic("reminded").await;
    let visit = Visit::of(&world, &clinic, "reminded").await;
    let told = serde_json::to_value(visit.told()).unwrap();
    visit.queue("appointment_reminder", &told, 2).await;
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 1).await;
    let mut outbox = visit.outbox().await;
    outbox.sort();
    assert_eq!(outbox, ["appointment_reminder|closed|1", "appointment_reminder|sent|1"]);
    let reminded = "SELECT reminded_at = starts_at FROM appointments WHERE id = $1";
    let row = clinic.database().await.query_one(reminded, &[&visit.appointment]).await.unwrap();
    assert!(row.get::<_, bool>(0));

    // As if its sending had failed.
    let again = "UPDATE email_outbox SET status = 'pending', sent_at = NULL WHERE status = 'sent'";
    assert_eq!(visit.hand.commit(WORKER, again).await, rows([]));
    note(&world, clinic.id.0).await;
    sent(&world, &visit, 2).await;
    let mut outbox = visit.outbox().await;
    outbox.sort();
    assert_eq!(outbox, ["appointment_reminder|closed|1", "appointment_reminder|sent|2"]);
}

#[tokio::test]
async fn a_clinic_is_looked_at_again_when_its_next_mail_is_due() {
    let world = World::start().await;
    let clinic = world.clinic("later").await;
    let visit = Visit::of(&world, &clinic, "later").await;
    visit.queue("appointment_reminder", &serde_json::to_value(visit.told()).unwrap(), 1).await;
    let later = "UPDATE email_outbox SET next_attempt_at = now() + interval '1 day'";
    assert_eq!(visit.hand.commit(WORKER, later).await, rows([]));
    queue_confirmations(&world, &visit, 1).await;
    let due = "SELECT FROM medicalpro_central.clinic_mail
                WHERE company_id = $1 AND leased_until IS NULL AND due_at BETWEEN now() + interval '23 hours' AND now() + interval '1 day'";
    let central = world.central().await;
    until("the clinic is given back until then", async || {
        leases_pass(&world, clinic.id.0).await;
        central.query_opt(due, &[&clinic.id.0]).await.unwrap().map(drop)
    })
    .await;
    assert_eq!(visit.outbox().await, ["appointment_reminder|pending|0", "appointment_confirmation|sent|1"]);
}

#[tokio::test]
async fn a_mail_and_the_page_behind_its_link_name_the_same_place() {
    let world = World::start().await;
    let clinic = world.clinic("places").await;
    let visit = Visit::of(&world, &clinic, "places").await;
    let (apart, within, link) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let laid = format!(
        "UPDATE clinic_settings SET address_line1 = '12 rue du Parc', postal_code = '75002', city = 'Paris', phone = '+33 1 42 68 53 00';
         INSERT INTO medical_facilities (id, name, address_line1, city, phone)
         VALUES ('{apart}', 'Annexe', '3 quai du Port', 'Lyon', '+33 4 72 00 00 00');
         INSERT INTO medical_facilities (id, name, address_line1) VALUES ('{within}', 'Aile nord', 'Of no town');
         INSERT INTO appointment_links (id, appointment_id, starts_at) VALUES ('{link}', '{}', '{}')",
        visit.appointment, visit.start
    );
    assert_eq!(visit.hand.commit(ADMIN, &laid).await, rows([]));
    let (clinics, annexes) = ("+33 1 42 68 53 00", "+33 4 72 00 00 00");
    for (number, (facility, place, phone)) in [
        (None, &["12 rue du Parc", "75002 Paris"][..], clinics),
        (Some(within), &["Aile nord", "12 rue du Parc", "75002 Paris"], clinics),
        (Some(apart), &["Annexe", "3 quai du Port", "Lyon"], annexes),
    ]
    .into_iter()
    .enumerate()
    {
        let there = facility.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        let moved = format!("UPDATE appointments SET facility_id = {there} WHERE id = '{}'", visit.appointment);
        assert_eq!(visit.hand.commit(SECRETARY, &moved).await, rows([]));
        let told = AppointmentNotice { link: Some(link), facility_id: facility, ..visit.told() };
        // What was told of another place is not sent.
        let elsewhere = AppointmentNotice { facility_id: Some(Uuid::now_v7()), ..visit.told() };
        visit.queue("appointment_confirmation", &serde_json::to_value(elsewhere).unwrap(), 1).await;
        visit.queue("appointment_confirmation", &serde_json::to_value(told).unwrap(), 1).await;
        note(&world, clinic.id.0).await;
        sent(&world, &visit, 1 + number).await;
        let mails = mails_to(&world, &visit.email);
        assert_eq!(mails.len(), 1 + number, "{place:?}");
        let text = &mails[0].text;
        assert!(text.contains(&format!(", {}", place.join(", "))) && text.contains(phone), "{place:?}: {text}");
        let token = mails[0].links.iter().find_map(|link| link.split_once("#token=")).expect("a link").1;
        let body = json!({ "token": token });
        let shown = world.send(reqwest::Method::POST, "/api/v1/links/appointment", Some(&body)).await;
        assert_eq!((&shown.json["place"], &shown.json["phone"]), (&json!(place), &json!(phone)));
    }
}

#[tokio::test]
async fn the_workers_context_opens_its_own_clinic_only_and_shows_what_mail_needs_only() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (visit_a, visit_b) = (Visit::of(&world, &a, "a").await, Visit::of(&world, &b, "b").await);
    let (own, foreign) = (visit_a.hand.context(WORKER), visit_b.hand.opening(WORKER, &visit_a.hand.context(WORKER)));
    let addresses = "SELECT email FROM patients";
    assert_eq!(
        visit_a.hand.after(&visit_a.hand.opening(WORKER, &own), addresses).await,
        rows([&visit_a.email]),
        "control"
    );
    assert_eq!(visit_b.hand.after(&foreign, addresses).await, refused("MP003"), "A's signature, at B");
    let claimed = visit_b.hand.key.sign(a.id, WORKER, visit_b.hand.user, crate::isolation::by_hand::now());
    assert_eq!(visit_b.hand.after(&visit_b.hand.opening(WORKER, &claimed), addresses).await, refused("MP004"));
    let unsigned = visit_a.hand.opening(WORKER, "");
    assert_eq!(visit_a.hand.after(&unsigned, addresses).await, refused("MP001"));
    let as_admin = visit_a.hand.opening(ADMIN, &own);
    assert_eq!(
        visit_a.hand.after(&as_admin, addresses).await,
        refused("MP005"),
        "the worker's signature is nobody else's"
    );
    for beyond in [
        "SELECT phone FROM patients",
        "SELECT reason FROM appointments",
        "SELECT id FROM medical_records",
        "SELECT id FROM documents",
        "UPDATE patients SET email = 'x@example.org'",
        "INSERT INTO email_outbox (kind, language, patient_id) SELECT 'x', 'fr', id FROM patients",
        "UPDATE email_outbox SET payload = '{}'",
    ] {
        assert_eq!(visit_a.hand.run(WORKER, beyond).await, refused("42501"), "{beyond}");
    }
}
