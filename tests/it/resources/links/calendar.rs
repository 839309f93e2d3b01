//! `calendar.ics` by a revocable link: read by a parser that others wrote, and by nobody who does not hold the link.

use std::path::PathBuf;
use std::process::Stdio;

use chrono::{DateTime, Days, Duration, NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Europe::Paris;
use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::isolation::by_hand::{ADMIN, Hand, rows};
use crate::support::{Answer, Clinic, Person, World, calendar_token};

/// What a calendar program reads, with times in a zone.
async fn read(calendar: &str) -> Value {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let python = target.join("icalendar/bin/python3");
    assert!(python.exists(), "{} is missing: scripts/test installs it, with PyPI's icalendar", python.display());
    let mut process = tokio::process::Command::new(python)
        .args(["-c", include_str!("read_calendar.py"), "Europe/Paris"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(calendar.as_bytes()).await.unwrap();
    let output = process.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}\n{calendar}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Makes a link as this person; the answer.
async fn link(person: &Person<'_>, practitioner: Uuid, key: &str) -> Answer {
    let path = format!("/api/v1/practitioners/{practitioner}/calendar-links");
    person.request(Method::POST, &path, &[("idempotency-key", key)], None).await
}

/// The path of a link's address at this world's server.
fn path(world: &World, answer: &Answer) -> String {
    let url = answer.json["url"].as_str().unwrap_or_else(|| panic!("{answer:?}"));
    url.strip_prefix(&world.base).unwrap_or_else(|| panic!("{url}")).to_owned()
}

async fn fetch(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    world.request(Method::GET, path, None, headers, None).await
}

/// Nine o'clock in Paris.
fn at_nine(day: NaiveDate) -> DateTime<Utc> {
    Paris.from_local_datetime(&day.and_hms_opt(9, 0, 0).unwrap()).unwrap().with_timezone(&Utc)
}

/// The days before and after each change of the clocks from tomorrow on, within a year.
fn around_changes() -> Vec<NaiveDate> {
    let offset = |day: NaiveDate| Paris.offset_from_utc_datetime(&at_nine(day).naive_utc()).fix();
    let first = Utc::now().date_naive() + Days::new(1);
    let days = (0..360).map(|days| first + Days::new(days));
    days.filter(|day| offset(*day) != offset(*day + Days::new(1))).flat_map(|day| [day, day + Days::new(1)]).collect()
}

fn event(calendar: &Value, appointment: Uuid) -> &Value {
    let uid = format!("{appointment}@medicalpro");
    let found = calendar["events"].as_array().unwrap().iter().find(|event| event["uid"] == uid);
    found.unwrap_or_else(|| panic!("{uid} in {calendar}"))
}

#[tokio::test]
async fn a_parser_that_others_wrote_reads_times_and_statuses_right_across_daylight_saving() {
    let world = World::start().await;
    let clinic = world.clinic("ics").await;
    let (practitioner, other) = (clinic.practitioner("Ics").await, clinic.practitioner("Other").await);
    let patient: Uuid = clinic.patient("Zq7marker").await["id"].as_str().unwrap().parse().unwrap();
    let made = link(&clinic.admin, practitioner, "one").await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let path = path(&world, &made);
    let empty = read(&fetch(&world, &path, &[]).await.text).await;
    assert_eq!((&empty["events"], &empty["broken"], &empty["version"]), (&json!([]), &json!([]), &json!("2.0")));

    let changes = around_changes();
    assert_eq!(changes.len(), 4, "spring and autumn: {changes:?}");
    let mut expected = Vec::new();
    for day in changes {
        let appointment = clinic.visit(patient, practitioner, at_nine(day), "scheduled").await;
        expected.push((appointment, format!("{day}T09:00:00"), "TENTATIVE", "OPAQUE"));
    }
    let today = Utc::now().date_naive();
    for (days, status, shown, takes_time) in [
        (1, "completed", "CONFIRMED", "OPAQUE"),
        (0, "no_show", "CANCELLED", "TRANSPARENT"),
        (0, "cancelled", "CANCELLED", "TRANSPARENT"),
        (4, "checked_in", "CONFIRMED", "OPAQUE"),
        (29, "confirmed", "CONFIRMED", "OPAQUE"),
    ] {
        let day = today - Days::new(days);
        let appointment = clinic.visit(patient, practitioner, at_nine(day), status).await;
        expected.push((appointment, format!("{day}T09:00:00"), shown, takes_time));
    }
    // None of these is in it: what did not take place, too long ago, too far away, somebody else's, deleted.
    clinic.visit(patient, practitioner, at_nine(today - Days::new(2)), "no_show").await;
    clinic.visit(patient, practitioner, at_nine(today - Days::new(3)), "cancelled").await;
    clinic.visit(patient, practitioner, at_nine(today - Days::new(31)), "completed").await;
    clinic.visit(patient, practitioner, at_nine(today + Days::new(367)), "scheduled").await;
    clinic.visit(patient, other, at_nine(today - Days::new(6)), "completed").await;
    let deleted = clinic.visit(patient, practitioner, at_nine(today - Days::new(7)), "completed").await;
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    database.execute("UPDATE appointments SET deleted_at = now() WHERE id = $1", &[&deleted]).await.unwrap();

    let answer = fetch(&world, &path, &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/calendar; charset=utf-8"));
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert!(lines.iter().all(|line| line.len() <= 75 && !line.contains('\n')), "{}", answer.text);
    let calendar = read(&answer.text).await;
    assert_eq!((&calendar["broken"], &calendar["others"]), (&json!([]), &json!([])));
    assert_eq!(calendar["name"], "Rendez-vous", "in the clinic's language");
    assert_eq!(calendar["events"].as_array().unwrap().len(), expected.len(), "{calendar}");
    for (appointment, start, status, takes_time) in expected {
        let event = event(&calendar, appointment);
        assert!(event["start"].as_str().unwrap().starts_with(&start), "{start}: {event}");
        assert_eq!((&event["minutes"], &event["status"]), (&json!(30.0), &json!(status)), "{event}");
        assert_eq!((&event["transparency"], &event["sequence"]), (&json!(takes_time), &json!(0)), "{event}");
        assert_eq!(event["stamp"], event["modified"]);
        // Times and states only.
        let properties =
            ["DTEND", "DTSTAMP", "DTSTART", "LAST-MODIFIED", "SEQUENCE", "STATUS", "SUMMARY", "TRANSP", "UID"];
        assert_eq!((&event["properties"], &event["summary"]), (&json!(properties), &json!("Rendez-vous")));
    }
    for word in ["Zq7marker", "Never to be told", &patient.to_string(), &practitioner.to_string()] {
        assert!(!answer.text.contains(word), "{word}");
    }
    let german = fetch(&world, &path, &[("accept-language", "de")]).await;
    assert_eq!(read(&german.text).await["name"], "Termine");
}

#[tokio::test]
async fn an_unchanged_calendar_is_304_and_a_changed_appointment_keeps_its_uid() {
    let world = World::start().await;
    let clinic = world.clinic("ics-etag").await;
    let visit = clinic.linked_appointment("Changed").await;
    let path = path(&world, &link(&clinic.admin, visit.practitioner, "one").await);
    let first = fetch(&world, &path, &[]).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for known in [etag.clone(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
        let answer = fetch(&world, &path, &[("if-none-match", &known)]).await;
        assert_eq!(
            (answer.status, answer.text.as_str(), answer.header("etag")),
            (StatusCode::NOT_MODIFIED, "", &*etag)
        );
    }
    assert_eq!(fetch(&world, &path, &[("if-none-match", "\"x\"")]).await.text, first.text, "the same bytes");

    // As the clinic moves it, triggers and all.
    let hand = Hand::of(&world, &clinic).await;
    let moved = format!(
        "UPDATE appointments SET starts_at = starts_at + interval '1 hour', ends_at = ends_at + interval '1 hour' WHERE id = '{}'",
        visit.appointment
    );
    assert_eq!(hand.commit(ADMIN, &moved).await, rows([]));
    let second = fetch(&world, &path, &[("if-none-match", &etag)]).await;
    assert_eq!(second.status, StatusCode::OK);
    assert_ne!(second.header("etag"), etag);
    let (before, after) = (read(&first.text).await, read(&second.text).await);
    let (before, after) = (event(&before, visit.appointment), event(&after, visit.appointment));
    let time = |event: &Value, name: &str| event[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!(time(after, "start") - time(before, "start"), Duration::hours(1));
    assert_eq!((&before["sequence"], &after["sequence"]), (&json!(0), &json!(1)));
    assert!(time(after, "modified") >= time(before, "modified"));
    let fetched = "SELECT actor_user, action, ids FROM audit_logs WHERE resource = 'calendar_links' AND actor_role = 'medicalpro_link'";
    let audited = clinic.database().await.query(fetched, &[]).await.unwrap();
    assert_eq!(audited.len(), 7, "each time that it was fetched");
    for row in audited {
        let (who, action, ids): (Uuid, String, Vec<Uuid>) = (row.get(0), row.get(1), row.get(2));
        assert_eq!((action.as_str(), ids), ("export", vec![who]));
    }
}

#[tokio::test]
async fn a_link_is_shown_once_listed_and_revoked_for_good() {
    let world = World::start().await;
    let clinic = world.clinic("ics-links").await;
    let practitioner = clinic.practitioner("Linked").await;
    let secretary = clinic.person(Role::Secretary).await;
    let made = link(&secretary, practitioner, "one").await;
    assert_eq!((made.status, made.header("etag")), (StatusCode::CREATED, "\"1\""), "{made:?}");
    let id = made.json["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), format!("/api/v1/calendar-links/{id}"));
    // Repeated, it is the same link, by an address as good as the first; and no second one is made.
    let again = link(&secretary, practitioner, "one").await;
    assert_eq!((again.status, &again.json["id"]), (StatusCode::CREATED, &made.json["id"]));
    for answer in [&made, &again] {
        assert_eq!(fetch(&world, &path(&world, answer), &[]).await.status, StatusCode::OK);
    }
    let second = link(&clinic.admin, practitioner, "two").await;
    let third = link(&clinic.admin, practitioner, "three").await;
    let stored = "SELECT string_agg(r.response, '') FROM idempotency_keys r";
    let stored: String = clinic.database().await.query_one(stored, &[]).await.unwrap().get(0);
    assert!(stored.contains(&id) && !stored.contains("token"), "its address is stored nowhere: {stored}");

    let list = format!("/api/v1/practitioners/{practitioner}/calendar-links");
    let ids = |answer: &Answer| -> Vec<Value> {
        answer.json["data"].as_array().unwrap().iter().map(|link| link["id"].clone()).collect()
    };
    let newest = secretary.get(&list).await;
    assert_eq!(ids(&newest), [&third, &second, &made].map(|answer| answer.json["id"].clone()), "{newest:?}");
    assert!(!newest.text.contains("token") && !newest.text.contains("\"url\""), "{newest:?}");
    let oldest = secretary.get(&format!("{list}?sort=createdAt&limit=2")).await;
    let cursor = oldest.json["nextCursor"].as_str().unwrap();
    let rest = secretary.get(&format!("{list}?sort=createdAt&limit=2&cursor={cursor}")).await;
    let paged = [ids(&oldest), ids(&rest)].concat();
    assert_eq!(paged, [&made, &second, &third].map(|answer| answer.json["id"].clone()));
    assert_eq!(secretary.get(&format!("{list}?cursor={cursor}")).await.code(), "invalid_cursor", "of another order");

    let revoke = format!("/api/v1/calendar-links/{id}");
    let stale = secretary.request(Method::DELETE, &revoke, &[("if-match", "\"7\"")], None).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(fetch(&world, &path(&world, &made), &[]).await.status, StatusCode::OK, "and not revoked");
    assert_eq!(secretary.delete(&revoke).await.status, StatusCode::NO_CONTENT);
    assert_eq!(secretary.delete(&revoke).await.status, StatusCode::NOT_FOUND);
    let gone = fetch(&world, &path(&world, &made), &[]).await;
    let edited = fetch(&world, &path(&world, &made).replacen("token=v1", "token=v2", 1), &[]).await;
    let bare = |answer: &Answer| (answer.status, answer.text.replace(answer.header("x-request-id"), "-"));
    assert_eq!(bare(&gone), bare(&edited));
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(fetch(&world, &path(&world, &again), &[]).await.status, StatusCode::NOT_FOUND, "by either address");
    assert_eq!(fetch(&world, &path(&world, &second), &[]).await.status, StatusCode::OK, "control");
    assert_eq!(ids(&secretary.get(&list).await).len(), 2);

    // Who does not work here any more has no calendar either.
    let archive = "UPDATE practitioners SET deleted_at = now() WHERE id = $1";
    let database = clinic.database().await;
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    database.execute(archive, &[&practitioner]).await.unwrap();
    assert_eq!(fetch(&world, &path(&world, &second), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(link(&clinic.admin, practitioner, "four").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn practitioners_share_their_own_calendar_and_no_others() {
    let world = World::start().await;
    let clinic = world.clinic("ics-own").await;
    let (user, email) = clinic.member(Role::Practitioner).await;
    let (me, own) = (world.log_in(&email).await, clinic.practitioner_of(user, "Own").await);
    let other = clinic.practitioner("Other").await;
    let made = link(&me, own, "own").await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let refused = link(&me, other, "other").await;
    assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"));
    let theirs = link(&clinic.admin, other, "theirs").await;
    let path = |answer: &Answer| format!("/api/v1/calendar-links/{}", answer.json["id"].as_str().unwrap());
    assert_eq!(me.delete(&path(&theirs)).await.status, StatusCode::NOT_FOUND);
    let list = |practitioner| format!("/api/v1/practitioners/{practitioner}/calendar-links");
    assert_eq!(me.get(&list(other)).await.json["data"], json!([]), "hidden");
    assert_eq!(me.get(&list(own)).await.json["data"][0]["id"], made.json["id"]);
    assert_eq!(clinic.admin.get(&list(other)).await.json["data"][0]["id"], theirs.json["id"], "control");
    assert_eq!(me.delete(&path(&made)).await.status, StatusCode::NO_CONTENT);
    for role in [Role::Nurse, Role::Readonly] {
        let person = clinic.person(role).await;
        for answer in [link(&person, own, "x").await, person.get(&list(own)).await, person.delete(&path(&theirs)).await]
        {
            assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"), "{role:?}");
        }
    }
}

#[tokio::test]
async fn a_clinics_link_shows_its_own_practitioners_calendar_only() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("ics-ours").await, world.clinic("ics-theirs").await);
    let events = async |clinic: &Clinic<'_>, link: Uuid| {
        let answer =
            fetch(&world, &format!("/api/v1/calendar.ics?token={}", calendar_token(clinic.id, link)), &[]).await;
        (answer.status.as_u16(), answer.text.matches("BEGIN:VEVENT").count())
    };
    let (a, b) = (ours.linked_appointment("A").await, ours.linked_appointment("B").await);
    theirs.linked_appointment("C").await;
    let link = ours.calendar_link(a.practitioner).await;
    assert_eq!(events(&ours, link).await, (200, 1));
    assert_eq!(events(&ours, ours.calendar_link(b.practitioner).await).await, (200, 1), "each their own");
    assert_eq!(events(&theirs, link).await, (404, 0), "at another clinic it is nobody's");
}

#[tokio::test]
async fn a_link_stops_with_the_place_of_whoever_made_it() {
    let world = World::start().await;
    let clinic = world.clinic("ics-left").await;
    let (practitioner, me) = (clinic.practitioner("Linked").await, &clinic.admin);
    let set = async |user: Uuid, change: Value| {
        let answer = me.patch(&format!("/api/v1/staff/{user}"), &change).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    };
    let stays = path(&world, &link(me, practitioner, "stays").await);
    for (role, gone, back) in [
        (Role::Secretary, json!({ "status": "deactivated" }), json!({ "status": "active" })),
        // Who may make no such link any more; practitioners only to their own calendar.
        (Role::Manager, json!({ "role": "nurse" }), json!({ "role": "secretary" })),
        (Role::Secretary, json!({ "role": "readonly" }), json!({ "role": "manager" })),
        (Role::Manager, json!({ "role": "practitioner" }), json!({ "role": "manager" })),
    ] {
        let (user, email) = clinic.member(role).await;
        let path = path(&world, &link(&world.log_in(&email).await, practitioner, "one").await);
        assert_eq!(fetch(&world, &path, &[]).await.status, StatusCode::OK, "control");
        set(user, gone.clone()).await;
        let exports = "SELECT count(*) FROM audit_logs WHERE resource = 'calendar_links' AND action = 'export'";
        let exported = async || clinic.database().await.query_one(exports, &[]).await.unwrap().get::<_, i64>(0);
        let before = exported().await;
        assert_eq!(fetch(&world, &path, &[]).await.status, StatusCode::NOT_FOUND, "{gone}");
        assert_eq!(exported().await, before, "nothing was fetched");
        assert_eq!(fetch(&world, &stays, &[]).await.status, StatusCode::OK, "control: another's");
        set(user, back).await;
        assert_eq!(fetch(&world, &path, &[]).await.status, StatusCode::OK, "as before");
        // And with the whole account.
        let end = "UPDATE medicalpro_central.users SET status = 'deactivated' WHERE id = $1";
        world.central().await.execute(end, &[&user]).await.unwrap();
        assert_eq!(fetch(&world, &path, &[]).await.status, StatusCode::NOT_FOUND);
    }
    // A practitioner's own goes on after their promotion, and ends with them.
    let (user, email) = clinic.member(Role::Practitioner).await;
    let own = clinic.practitioner_of(user, "Own").await;
    let own = path(&world, &link(&world.log_in(&email).await, own, "own").await);
    assert_eq!(fetch(&world, &own, &[]).await.status, StatusCode::OK);
    set(user, json!({ "role": "manager" })).await;
    assert_eq!(fetch(&world, &own, &[]).await.status, StatusCode::OK);
    set(user, json!({ "status": "deactivated" })).await;
    assert_eq!(fetch(&world, &own, &[]).await.status, StatusCode::NOT_FOUND);
}
