//! A hold keeps a time from everybody else, for some minutes, and never together with a booking.

use chrono::{DateTime, Days, Duration, Utc};
use futures_util::future::join_all;
use medicalpro::ids::Role;
use medicalpro::secrets::sha256;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{HOLDS, at, book, booking, free, monday, new_hold, set};
use crate::isolation::by_hand::{ADMIN, Hand, refused, rows};
use crate::support::{Answer, Clinic, World};

async fn held(clinic: &Clinic<'_>) -> i64 {
    clinic.database().await.query_one("SELECT count(*) FROM slot_holds", &[]).await.unwrap().get(0)
}

fn conflict(answer: &Answer) -> (StatusCode, &str, &str) {
    (answer.status, answer.code(), answer.json["errors"][0]["pointer"].as_str().unwrap_or_default())
}

const TAKEN: (StatusCode, &str, &str) = (StatusCode::CONFLICT, "slot_taken", "/startsAt");
const HELD: (StatusCode, &str, &str) = (StatusCode::CONFLICT, "slot_held", "/startsAt");

#[tokio::test]
async fn a_hold_keeps_a_time_until_it_is_released_or_expires() {
    let world = World::start().await;
    let clinic = world.clinic("holds").await;
    let (me, day) = (&clinic.admin, monday());
    let colleague = clinic.person(Role::Secretary).await;
    let practitioner = clinic.practitioner("Martin").await;
    clinic.weekly(practitioner, 1, "09:00", "10:00").await;
    set(&clinic, "UPDATE clinic_settings SET closed_on_holidays = false, hold_minutes = 7").await;
    let nine = new_hold(practitioner, at(day, "09:00"), 30);

    let hold = me.post(HOLDS, &nine).await;
    assert_eq!(hold.status, StatusCode::CREATED, "{hold:?}");
    let (path, token) = (hold.header("location").to_owned(), hold.json["token"].as_str().unwrap());
    assert_eq!(path, format!("{HOLDS}/{}", hold.json["id"].as_str().unwrap()));
    let time = |name: &str| hold.json[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!((time("startsAt"), time("endsAt")), (at(day, "09:00"), at(day, "09:30")));
    let left = time("expiresAt") - Utc::now();
    assert!(left > Duration::minutes(6) && left <= Duration::minutes(7), "{left}");
    // 256 bits, of which the hash is kept.
    assert_eq!(token.len(), 43);
    let row = clinic.database().await.query_one("SELECT token_hash FROM slot_holds", &[]).await.unwrap();
    assert_eq!(row.get::<_, Vec<u8>>(0), sha256(token.as_bytes()));

    assert_eq!(free(&colleague, practitioner, day).await, ["09:30"]);
    // What overlaps it, of whoever; what touches it is another time, and another practitioner's is too.
    for minute in ["08:45", "09:00", "09:15"] {
        for person in [me, &colleague] {
            let refused = person.post(HOLDS, &new_hold(practitioner, at(day, minute), 30)).await;
            assert_eq!(conflict(&refused), HELD, "{refused:?}");
        }
    }
    assert_eq!(colleague.post(HOLDS, &new_hold(practitioner, at(day, "08:30"), 30)).await.status, StatusCode::CREATED);
    let other = clinic.practitioner("Other").await;
    assert_eq!(colleague.post(HOLDS, &new_hold(other, at(day, "09:00"), 30)).await.status, StatusCode::CREATED);

    // Released by who made it, once.
    assert_eq!(colleague.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(free(me, practitioner, day).await, ["09:30"], "still held");
    assert_eq!(me.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.delete(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30"]);

    // Expired, it holds nothing, and is gone when the next one comes.
    let again = me.post(HOLDS, &nine).await;
    assert_eq!((again.status, held(&clinic).await), (StatusCode::CREATED, 3));
    set(&clinic, "UPDATE slot_holds SET expires_at = now()").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30"]);
    assert_eq!(me.delete(again.header("location")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(colleague.post(HOLDS, &nine).await.status, StatusCode::CREATED);
    assert_eq!(held(&clinic).await, 1);
}

#[tokio::test]
async fn what_is_booked_is_not_held_and_what_is_held_is_not_booked() {
    let world = World::start().await;
    let clinic = world.clinic("holds-booked").await;
    let (me, day) = (&clinic.admin, monday());
    let hand = Hand::of(&world, &clinic).await;
    let practitioner = clinic.practitioner("Martin").await;
    let nine = new_hold(practitioner, at(day, "09:00"), 30);
    let appointment = book(&clinic, &hand, practitioner, day, "09:15", "09:45").await;
    let taken = me.post(HOLDS, &nine).await;
    assert_eq!(conflict(&taken), TAKEN, "{taken:?}");
    assert!(!taken.text.contains(&appointment.to_string()), "nothing of the other row");
    set(&clinic, "UPDATE appointments SET overbook = true").await;
    assert_eq!(conflict(&me.post(HOLDS, &nine).await), TAKEN);
    set(&clinic, "UPDATE appointments SET deleted_at = now()").await;
    assert_eq!(me.post(HOLDS, &nine).await.status, StatusCode::CREATED);

    let (_, insert) = booking(&clinic, practitioner, at(day, "09:00"), at(day, "09:30")).await;
    assert_eq!(hand.commit(ADMIN, &insert).await, refused("23P01"));
    set(&clinic, "UPDATE slot_holds SET expires_at = now()").await;
    assert_eq!(hand.commit(ADMIN, &insert).await, rows([]));
}

#[tokio::test]
async fn of_fifty_holds_at_once_one_is_made() {
    let world = World::start().await;
    let clinic = world.clinic("holds-race").await;
    let practitioner = clinic.practitioner("Martin").await;
    let body = new_hold(practitioner, at(monday(), "09:00"), 30);
    let answers = join_all((0..50).map(|_| clinic.admin.post(HOLDS, &body))).await;
    let made = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let lost = answers.iter().filter(|answer| answer.status != StatusCode::CREATED);
    assert_eq!(made, 1);
    for answer in lost {
        assert_eq!(conflict(answer), HELD, "{answer:?}");
    }
    assert_eq!(held(&clinic).await, 1);
}

#[tokio::test]
async fn of_a_hold_and_a_booking_at_once_one_is_made() {
    let world = World::start().await;
    let clinic = world.clinic("holds-against").await;
    let hand = Hand::of(&world, &clinic).await;
    let practitioner = clinic.practitioner("Martin").await;
    let first = at(monday(), "06:00");
    for round in 0..30 {
        let (from, to) = (first + Duration::minutes(round * 30), first + Duration::minutes(round * 30 + 30));
        let (_, insert) = booking(&clinic, practitioner, from, to).await;
        let body = new_hold(practitioner, from, 30);
        let (hold, booked) = if round % 2 == 0 {
            tokio::join!(clinic.admin.post(HOLDS, &body), hand.commit(ADMIN, &insert))
        } else {
            let (booked, hold) = tokio::join!(hand.commit(ADMIN, &insert), clinic.admin.post(HOLDS, &body));
            (hold, booked)
        };
        if hold.status == StatusCode::CREATED {
            assert_eq!(booked, refused("23P01"), "round {round}");
            assert_eq!(clinic.admin.delete(hold.header("location")).await.status, StatusCode::NO_CONTENT);
        } else {
            assert_eq!((conflict(&hold), booked), (TAKEN, rows([])), "round {round}");
        }
    }
}

#[tokio::test]
async fn a_hold_and_a_booking_wait_for_each_other() {
    let world = World::start().await;
    let clinic = world.clinic("holds-wait").await;
    let hand = Hand::of(&world, &clinic).await;
    let practitioner = clinic.practitioner("Martin").await;
    let day = monday();
    // A booking that is not committed yet: the hold waits for how it ends.
    for (time, end, expected) in [("09:00", "COMMIT", TAKEN.0), ("10:00", "ROLLBACK", StatusCode::CREATED)] {
        let (_, insert) = booking(&clinic, practitioner, at(day, time), at(day, time) + Duration::minutes(30)).await;
        let opening = format!("{}; {insert}", hand.opening(ADMIN, &hand.context(ADMIN)));
        hand.client.batch_execute(&opening).await.unwrap();
        let body = new_hold(practitioner, at(day, time), 30);
        let (hold, ()) = tokio::join!(clinic.admin.post(HOLDS, &body), async {
            let waits =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let database = clinic.database().await;
            for _ in 0..400 {
                if database.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) > 0 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            hand.client.batch_execute(end).await.unwrap();
        });
        assert_eq!(hold.status, expected, "{end}: {hold:?}");
    }
}

#[tokio::test]
async fn a_person_holds_twenty_times_and_no_more() {
    let world = World::start().await;
    let clinic = world.clinic("holds-many").await;
    let (me, day) = (&clinic.admin, monday());
    let practitioner = clinic.practitioner("Martin").await;
    let nth = |n: i64| new_hold(practitioner, at(day, "08:00") + Duration::minutes(n * 15), 15);
    let mut last = String::new();
    for n in 0..20 {
        let hold = me.post(HOLDS, &nth(n)).await;
        assert_eq!(hold.status, StatusCode::CREATED, "{n}: {hold:?}");
        last = hold.header("location").to_owned();
    }
    let beyond = me.post(HOLDS, &nth(20)).await;
    assert_eq!((beyond.status, beyond.code()), (StatusCode::CONFLICT, "too_many_holds"));
    let colleague = clinic.person(Role::Nurse).await;
    assert_eq!(colleague.post(HOLDS, &nth(20)).await.status, StatusCode::CREATED, "another person");
    assert_eq!(me.delete(&last).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me.post(HOLDS, &nth(19)).await.status, StatusCode::CREATED);
    set(&clinic, "UPDATE slot_holds SET expires_at = now()").await;
    assert_eq!(me.post(HOLDS, &nth(21)).await.status, StatusCode::CREATED, "those that are over do not count");
}

#[tokio::test]
async fn a_repeated_request_gets_its_token_again_and_holds_nothing_twice() {
    let world = World::start().await;
    let clinic = world.clinic("holds-once").await;
    let (me, day) = (&clinic.admin, monday());
    let practitioner = clinic.practitioner("Martin").await;
    let post = async |key: &str, time: &str| {
        let body = new_hold(practitioner, at(day, time), 30);
        me.request(Method::POST, HOLDS, &[("idempotency-key", key)], Some(&body)).await
    };
    let first = post("key", "09:00").await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let again = post("key", "09:00").await;
    assert_eq!((again.status, &again.text), (StatusCode::CREATED, &first.text));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(held(&clinic).await, 1);
    assert_eq!(conflict(&post("another", "09:00").await), HELD);
    assert_eq!(post("key", "10:00").await.code(), "idempotency_key_reused");
    // Whoever reads the rows reads no token.
    let kept = "SELECT string_agg(k::text, '') FROM idempotency_keys k";
    let kept: String = clinic.database().await.query_one(kept, &[]).await.unwrap().get(0);
    assert!(kept.contains(first.json["id"].as_str().unwrap()), "control: the answer is there");
    assert!(!kept.contains(first.json["token"].as_str().unwrap()));
}

#[tokio::test]
async fn what_cannot_be_held_is_refused_where_it_stands() {
    let world = World::start().await;
    let clinic = world.clinic("holds-refused").await;
    let (me, day) = (&clinic.admin, monday());
    let practitioner = clinic.practitioner("Martin").await;
    let good = new_hold(practitioner, at(day, "09:00"), 30);
    for (name, value, pointer) in [
        ("startsAt", json!("2020-01-01T09:00:00Z"), "/startsAt"),
        ("startsAt", json!((Utc::now() + Days::new(3 * 366 + 1)).to_rfc3339()), "/startsAt"),
        ("startsAt", json!("9999-12-31T23:59:59Z"), "/startsAt"),
        ("startsAt", json!("2026-01-05"), "/startsAt"),
        ("startsAt", json!(5), "/startsAt"),
        ("minutes", json!(0), "/minutes"),
        ("minutes", json!(1441), "/minutes"),
        ("minutes", json!(null), "/minutes"),
        ("practitionerId", json!("x"), "/practitionerId"),
    ] {
        let mut body = good.clone();
        body[name] = value;
        let answer = me.post(HOLDS, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {answer:?}");
        assert_eq!(answer.json["errors"][0]["pointer"], pointer, "{body}");
    }
    let readonly = clinic.person(Role::Readonly).await;
    assert_eq!(readonly.post(HOLDS, &good).await.code(), "forbidden");
    let missing = me.post(HOLDS, &new_hold(uuid::Uuid::now_v7(), at(day, "09:00"), 30)).await;
    assert_eq!(conflict(&missing), (StatusCode::CONFLICT, "reference_missing", "/practitionerId"));
    set(&clinic, "UPDATE practitioners SET active = false").await;
    let inactive = me.post(HOLDS, &good).await;
    assert_eq!(conflict(&inactive), (StatusCode::CONFLICT, "not_bookable", "/practitionerId"));
    set(&clinic, "UPDATE practitioners SET active = true, deleted_at = now()").await;
    assert_eq!(me.post(HOLDS, &good).await.code(), "reference_missing");
    assert_eq!(held(&clinic).await, 0);
    set(&clinic, "UPDATE practitioners SET deleted_at = NULL").await;
    assert_eq!(me.post(HOLDS, &good).await.status, StatusCode::CREATED);
}
