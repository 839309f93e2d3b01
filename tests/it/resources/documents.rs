//! Quotes, drawn from what was agreed to at an appointment.

use futures_util::future::join_all;
use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::sale::{made, step};
use crate::support::{Answer, Clinic, Person, World};

const MORNING: &str = "2026-03-02T09:00:00Z";

async fn draw(who: &Person<'_>, appointment: Uuid) -> Answer {
    who.post(&format!("/api/v1/appointments/{appointment}/quote"), &json!({})).await
}

async fn agree(clinic: &Clinic<'_>, appointment: Uuid, cents: i64, quantity: &str, tax: &str) -> Value {
    let body = json!({ "description": format!("At {cents}"), "unitPriceCents": cents, "quantity": quantity, "taxCategory": tax });
    clinic.agreement(appointment, &body).await
}

/// The items that a quote's lines were drawn from.
fn drawn_from(quote: &Value) -> Vec<&Value> {
    quote["items"].as_array().unwrap().iter().map(|line| &line["appointmentItemId"]).collect()
}

fn nothing(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (StatusCode::CONFLICT, "nothing_accepted"), "{answer:?}");
}

#[tokio::test]
async fn a_quote_is_drawn_from_what_was_accepted_with_its_amounts_by_rate() {
    let world = World::start().await;
    let clinic = world.clinic("quote").await;
    let appointment = clinic.consultation(MORNING).await;
    nothing(&draw(&clinic.admin, appointment).await);
    // Each line by itself: 0.5 of a cent, three times.
    let (a, b, c) = (
        agree(&clinic, appointment, 333, "1.5", "standard").await,
        agree(&clinic, appointment, 1, "0.5", "standard").await,
        agree(&clinic, appointment, 10_000, "1", "exempt_healthcare").await,
    );
    let open = clinic.proposal(appointment, &json!({ "description": "Open", "unitPriceCents": 1 })).await;
    let refused = clinic.proposal(appointment, &json!({ "description": "Refused", "unitPriceCents": 1 })).await;
    step(&clinic.admin, &refused, "refuse").await;

    let answer = draw(&clinic.admin, appointment).await;
    let location = answer.header("location").to_owned();
    let quote = made(answer);
    assert_eq!(drawn_from(&quote), [&a["id"], &b["id"], &c["id"]]);
    let lines: Vec<_> = quote["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| ["netCents", "taxCents", "totalCents"].map(|name| line[name].as_i64().unwrap()))
        .collect();
    assert_eq!(lines, [[500, 100, 600], [1, 0, 1], [10_000, 0, 10_000]]);
    let expected = json!({
        "kind": "quote", "status": "draft", "currency": "EUR", "appointmentId": appointment, "patientId": a["patientId"],
        "netCents": 10_501, "taxCents": 100, "totalCents": 10_601, "version": 1,
        "taxes": [
            { "taxRateBp": 0, "netCents": 10_000, "taxCents": 0 },
            { "taxRateBp": 2000, "netCents": 501, "taxCents": 100 },
        ],
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&quote[name], value, "{name}");
    }
    assert!(quote.get("number").is_none() && quote["practitionerId"].is_string());
    assert_eq!(location, format!("/api/v1/documents/{}", quote["id"].as_str().unwrap()));
    assert_eq!(clinic.admin.get(&location).await.json, quote);

    // Once: what is accepted later comes on a quote of its own.
    nothing(&draw(&clinic.admin, appointment).await);
    step(&clinic.admin, &open, "accept").await;
    assert_eq!(drawn_from(&made(draw(&clinic.admin, appointment).await)), [&open["id"]]);
    assert_eq!(draw(&clinic.admin, Uuid::now_v7()).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_those_who_draw_at_once_one_gets_the_quote() {
    let world = World::start().await;
    let clinic = world.clinic("quote-race").await;
    let appointment = clinic.consultation(MORNING).await;
    for round in 1..=3 {
        for _ in 0..3 {
            agree(&clinic, appointment, 100, "1", "standard").await;
        }
        let answers = join_all((0..50).map(|_| draw(&clinic.admin, appointment))).await;
        let (drawn, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!((drawn.len(), drawn_from(&drawn[0].json).len()), (1, 3));
        others.into_iter().for_each(nothing);
        let twice = "SELECT count(*), count(DISTINCT appointment_item_id) FROM document_items";
        let row = clinic.database().await.query_one(twice, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (3 * round, 3 * round));
    }
}

#[tokio::test]
async fn what_a_quote_asked_that_counts_no_more_is_asked_again() {
    let world = World::start().await;
    let clinic = world.clinic("quote-again").await;
    let appointment = clinic.consultation(MORNING).await;
    agree(&clinic, appointment, 100, "1", "standard").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    let numbered = "number = gen_random_uuid()::text::varchar(40), issued_on = now()";
    for end in [
        "deleted_at = now()".to_owned(),
        format!("status = 'rejected', {numbered}"),
        format!("status = 'cancelled', {numbered}"),
    ] {
        let quote = made(draw(&clinic.admin, appointment).await);
        nothing(&draw(&clinic.admin, appointment).await);
        let id: Uuid = quote["id"].as_str().unwrap().parse().unwrap();
        database.execute(&format!("UPDATE documents SET {end} WHERE id = $1"), &[&id]).await.unwrap();
    }
    made(draw(&clinic.admin, appointment).await);
}

#[tokio::test]
async fn a_repeated_drawing_is_answered_alike() {
    let world = World::start().await;
    let clinic = world.clinic("quote-once").await;
    let appointment = clinic.consultation(MORNING).await;
    agree(&clinic, appointment, 100, "1", "standard").await;
    let path = format!("/api/v1/appointments/{appointment}/quote");
    let attempt = async || clinic.admin.request(Method::POST, &path, &[("idempotency-key", "key")], None).await;
    let (first, again) = (attempt().await, attempt().await);
    assert_eq!((first.status, &first.text), (StatusCode::CREATED, &again.text));
    assert_eq!(first.header("location"), again.header("location"));
}

#[tokio::test]
async fn a_nurse_reads_quotes_and_draws_none() {
    let world = World::start().await;
    let clinic = world.clinic("quote-roles").await;
    let appointment = clinic.consultation(MORNING).await;
    agree(&clinic, appointment, 100, "1", "standard").await;
    let nurse = clinic.person(Role::Nurse).await;
    let refused = draw(&nurse, appointment).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    let practitioner = clinic.person(Role::Practitioner).await;
    let quote = made(draw(&practitioner, appointment).await);
    let read = nurse.get(&format!("/api/v1/documents/{}", quote["id"].as_str().unwrap())).await;
    assert_eq!((read.status, &read.json), (StatusCode::OK, &quote));
}

#[tokio::test]
async fn what_no_document_can_hold_is_a_conflict() {
    let world = World::start().await;
    let clinic = world.clinic("quote-large").await;
    let appointment = clinic.consultation(MORNING).await;
    agree(&clinic, appointment, 100_000_000_000, "9", "exempt_healthcare").await;
    let two = agree(&clinic, appointment, 100_000_000_000, "9", "exempt_healthcare").await;
    let refused = draw(&clinic.admin, appointment).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "quote_too_large"), "{refused:?}");
    // The control: each by itself can be held.
    step(&clinic.admin, &two, "complete").await;
    made(draw(&clinic.admin, appointment).await);
}
