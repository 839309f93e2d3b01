//! A link's token opens what it was made for, and nothing else; nobody else's token opens a link.

use chrono::{Duration, Utc};
use medicalpro::clinic::LinkKind;
use medicalpro::ids::Role;
use medicalpro::secrets::{MasterKeys, Purpose, random_text};
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use crate::isolation::by_hand::until;
use crate::support::{Answer, MASTER_KEYS, World, calendar_token, link_token};

const APPOINTMENT: &str = "/api/v1/links/appointment";

async fn shown(world: &World, token: &str) -> Answer {
    world.send(Method::POST, APPOINTMENT, Some(&json!({ "token": token }))).await
}

async fn fetched(world: &World, token: &str) -> Answer {
    world.send(Method::GET, &format!("/api/v1/calendar.ics?token={token}"), None).await
}

/// Without what differs each time.
fn bare(answer: &Answer) -> (StatusCode, String) {
    (answer.status, answer.text.replace(answer.header("x-request-id"), "-"))
}

/// A letter of a token's sealed part, exchanged.
fn edited(token: &str, at: usize) -> String {
    let at = token.len() - at;
    let letter = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{letter}{}", &token[..at], &token[at + 1..])
}

#[tokio::test]
async fn a_token_that_is_not_what_was_given_out_opens_nothing_and_all_are_answered_alike() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("tokens").await, world.clinic("tokens-theirs").await);
    let visit = ours.linked_appointment("Ours").await;
    let calendar = ours.calendar_link(visit.practitioner).await;
    let (good, good_calendar) = (visit.token(), calendar_token(ours.id, calendar));
    let future = Some(Utc::now() + Duration::days(1));
    let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
    let stranger = MasterKeys::parse(&format!("test:{}", *random_text())).unwrap();
    let plain = [&ours.id.0.as_bytes()[..], visit.link.as_bytes(), &i64::MAX.to_be_bytes()].concat();
    let mut bad = vec![
        ("nobody's", "x".to_owned()),
        ("a person's refresh token", ours.admin.refresh_token.clone()),
        ("cut", good[..good.len() - 1].to_owned()),
        ("of another clinic", link_token(LinkKind::Appointment, theirs.id, visit.link, future)),
        (
            "of a clinic that is none",
            link_token(LinkKind::Appointment, medicalpro::ids::ClinicId(Uuid::now_v7()), visit.link, future),
        ),
        ("of no link", link_token(LinkKind::Appointment, ours.id, Uuid::now_v7(), future)),
        ("of the appointment, which is no link", link_token(LinkKind::Appointment, ours.id, visit.appointment, future)),
        ("of a link to a calendar", link_token(LinkKind::Appointment, ours.id, calendar, future)),
        ("expired", link_token(LinkKind::Appointment, ours.id, visit.link, Some(Utc::now() - Duration::seconds(1)))),
        ("a calendar's", good_calendar.clone()),
        ("a calendar's of this link", calendar_token(ours.id, visit.link)),
        ("sealed for something else", keys.seal(Purpose::Cursor, "appointment", &plain).unwrap()),
        ("sealed with other keys", stranger.seal(Purpose::Link, "appointment", &plain).unwrap()),
        ("shorter inside", keys.seal(Purpose::Link, "appointment", &plain[..39]).unwrap()),
    ];
    bad.extend([2, 20, 40, 60, 80].map(|at| ("edited", edited(&good, at))));
    let nobody = bare(&shown(&world, &random_text()).await);
    // A person's is longer than any link's.
    assert_eq!(shown(&world, &ours.admin.token).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (what, token) in bad {
        let answer = shown(&world, &token).await;
        assert_eq!(answer.json["errors"][0]["code"], "token_invalid", "{what}: {answer:?}");
        assert_eq!(bare(&answer), nobody, "{what}");
        assert_eq!(bare(&fetched(&world, &token).await).0, if token == good_calendar { 200 } else { 404 }, "{what}");
    }
    assert_eq!(shown(&world, &good).await.status, StatusCode::OK, "control");

    let nobody = bare(&fetched(&world, &random_text()).await);
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
    for (what, token) in [
        ("an appointment's", good.clone()),
        ("of another clinic", calendar_token(theirs.id, calendar)),
        ("of no link", calendar_token(ours.id, Uuid::now_v7())),
        ("expired", link_token(LinkKind::Calendar, ours.id, calendar, Some(Utc::now()))),
        ("edited", edited(&good_calendar, 30)),
    ] {
        assert_eq!(bare(&fetched(&world, &token).await), nobody, "{what}");
    }
    assert_eq!(fetched(&world, &good_calendar).await.status, StatusCode::OK, "control");
}

#[tokio::test]
async fn a_link_reaches_no_operation_of_a_persons_and_a_person_no_links() {
    let world = World::start().await;
    let clinic = world.clinic("tokens-apart").await;
    let visit = clinic.linked_appointment("Apart").await;
    let calendar = calendar_token(clinic.id, clinic.calendar_link(visit.practitioner).await);
    for path in ["/api/v1/patients", "/api/v1/auth/me", &format!("/api/v1/patients/{}", visit.patient)] {
        for token in [&visit.token(), &calendar] {
            let answer = world.request(Method::GET, path, Some(token), &[], None).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::UNAUTHORIZED, "token_invalid"),
                "{path}: {answer:?}"
            );
        }
        assert_eq!(clinic.admin.get(path).await.status, StatusCode::OK, "control");
    }
    // A person's token beside a bad one of a link's changes nothing, nor does it in place of the calendar's.
    let body = json!({ "token": "x" });
    let answer = clinic.admin.post(APPOINTMENT, &body).await;
    assert_eq!(answer.json["errors"][0]["code"], "token_invalid");
    assert_eq!(clinic.admin.get("/api/v1/calendar.ics?token=x").await.status, StatusCode::NOT_FOUND);
    assert_eq!(clinic.admin.get("/api/v1/calendar.ics").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        world.send(Method::GET, &format!("/api/v1/calendar.ics?token={calendar}"), None).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_links_of_a_suspended_clinic_open_nothing_until_it_is_resumed() {
    let world = World::start().await;
    let clinic = world.clinic("tokens-suspended").await;
    let visit = clinic.linked_appointment("Suspended").await;
    let calendar = calendar_token(clinic.id, clinic.calendar_link(visit.practitioner).await);
    let set = async |status: &str| {
        let update = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
        world.central().await.execute(update, &[&clinic.id.0, &status]).await.unwrap();
    };
    assert_eq!(shown(&world, &visit.token()).await.status, StatusCode::OK, "control");
    set("suspended").await;
    let nobody = bare(&shown(&world, &random_text()).await);
    assert_eq!(bare(&shown(&world, &visit.token()).await), nobody, "like a token that is none");
    assert_eq!(fetched(&world, &calendar).await.status, StatusCode::NOT_FOUND);
    set("active").await;
    until(StatusCode::OK, async || shown(&world, &visit.token()).await).await;
    assert_eq!(fetched(&world, &calendar).await.status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_tries_tokens_waits_and_those_who_hold_one_do_not() {
    let world = World::start_with(&["--logins-per-minute", "5"]).await;
    let clinic = world.clinic("tokens-limited").await;
    let (visit, other) = (clinic.linked_appointment("Limited").await, clinic.linked_appointment("Other").await);
    let mut refused = 0;
    for _ in 0..8 {
        for answer in [shown(&world, &random_text()).await, fetched(&world, &random_text()).await] {
            refused +=
                usize::from(answer.status == StatusCode::TOO_MANY_REQUESTS && !answer.header("retry-after").is_empty());
        }
    }
    assert!(refused >= 10, "{refused}");
    // Patients and programs behind that same address go on, each link as often as anybody needs.
    let answers = [shown(&world, &visit.token()).await.status, shown(&world, &other.token()).await.status];
    assert_eq!(answers, [StatusCode::OK; 2]);
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(shown(&world, &visit.token()).await.status);
    }
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{statuses:?}");
    assert_eq!(shown(&world, &other.token()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_role_of_a_persons_is_a_links() {
    // The functions of links are nobody else's, whatever statement reached them.
    let world = World::start().await;
    let clinic = world.clinic("tokens-roles").await;
    let hand = crate::isolation::by_hand::Hand::of(&world, &clinic).await;
    for role in Role::ALL.map(Role::session_role).into_iter().chain(["medicalpro_worker"]) {
        for call in ["app.link_appointment()", "app.link_answer('confirmed')", "app.link_calendar_stands()"] {
            let outcome = hand.run(role, &format!("SELECT {call}")).await;
            assert_eq!(outcome, crate::isolation::by_hand::refused("42501"), "{role}: {call}");
        }
    }
    assert!(hand.run("medicalpro_link", "SELECT app.link_answer('confirmed')").await.is_ok(), "control");
}
