//! Free slots are found by practitioner, speciality, service and place, by the clinic's own rules.

use chrono::{Datelike as _, Days, NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{at, book, free, monday, new_hold, set, times};
use crate::isolation::by_hand::{ADMIN, Hand, rows};
use crate::support::World;

#[tokio::test]
async fn a_practitioner_is_free_in_their_hours_but_when_booked_or_held() {
    let world = World::start().await;
    let clinic = world.clinic("slots").await;
    let (me, day) = (&clinic.admin, monday());
    let hand = Hand::of(&world, &clinic).await;
    let practitioner = clinic.practitioner("Martin").await;
    clinic.weekly(practitioner, 1, "09:00", "12:00").await;
    set(&clinic, "UPDATE clinic_settings SET closed_on_holidays = false").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]);

    let booked = book(&clinic, &hand, practitioner, day, "10:00", "10:30").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30", "10:30", "11:00", "11:30"]);
    let held = me.post("/api/v1/slot-holds", &new_hold(practitioner, at(day, "11:30"), 30)).await;
    assert_eq!(held.status, StatusCode::CREATED, "{held:?}");
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30", "10:30", "11:00"]);
    // Ten minutes before each and five after: both lie between two bookings.
    set(&clinic, "UPDATE practitioners SET buffer_before = 10, buffer_after = 5").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00"]);
    set(&clinic, "UPDATE practitioners SET buffer_before = 0, buffer_after = 0").await;

    // What is beside another on purpose is there all the same; what is called off is not.
    set(&clinic, &format!("UPDATE appointments SET overbook = true WHERE id = '{booked}'")).await;
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30", "10:30", "11:00"]);
    let cancel =
        format!("UPDATE appointments SET status = 'cancelled', cancelled_for = 'clinic' WHERE id = '{booked}'");
    assert_eq!(hand.commit(ADMIN, &cancel).await, rows([]));
    assert_eq!(free(me, practitioner, day).await, ["09:00", "09:30", "10:00", "10:30", "11:00"]);

    let asked = |query: &str| format!("/api/v1/practitioners/{practitioner}/slots?from={day}&to={day}&{query}");
    assert_eq!(times(&me.get(&asked("minutes=60")).await), ["09:00", "10:00"]);
    assert_eq!(times(&me.get(&asked("minutes=60&step=30")).await), ["09:00", "09:30", "10:00", "10:30"]);
    let slot = me.get(&asked("minutes=45&limit=1")).await.json["data"][0].clone();
    let expected = json!({ "practitionerId": practitioner, "startsAt": slot["startsAt"], "endsAt": slot["endsAt"] });
    assert_eq!(slot, expected, "no place where none is stated");
    assert_eq!(slot["endsAt"].as_str().unwrap().parse(), Ok(at(day, "09:45")));

    // Whoever takes no appointments has no slots, and no others' list has theirs.
    let all = format!("/api/v1/slots?from={day}&to={day}");
    assert_eq!(times(&me.get(&all).await).len(), 5);
    set(&clinic, "UPDATE practitioners SET active = false").await;
    assert_eq!(free(me, practitioner, day).await, [] as [&str; 0]);
    assert_eq!(times(&me.get(&all).await), [] as [&str; 0]);
    set(&clinic, "UPDATE practitioners SET deleted_at = now()").await;
    assert_eq!(me.get(&asked("")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn slots_are_found_by_speciality_service_and_place() {
    let world = World::start().await;
    let clinic = world.clinic("slots-by").await;
    let (me, day) = (&clinic.admin, monday());
    let (heart, skin) = (clinic.practitioner("Heart").await, clinic.practitioner("Skin").await);
    let (north, south) = (clinic.facility("North").await, clinic.facility("South").await);
    for practitioner in [heart, skin] {
        clinic.weekly(practitioner, 1, "09:00", "10:00").await;
    }
    let (scan, check) = (clinic.service("Scan", 20).await, clinic.service("Check", 45).await);
    set(
        &clinic,
        &format!(
            "UPDATE clinic_settings SET closed_on_holidays = false;
             UPDATE practitioners SET specialities = '{{Cardiology}}', facility_id = '{north}' WHERE id = '{heart}';
             UPDATE practitioners SET specialities = '{{Dermatology,Oncology}}' WHERE id = '{skin}';
             UPDATE practitioner_availability SET facility_id = '{south}' WHERE practitioner_id = '{skin}';
             INSERT INTO practitioner_services (practitioner_id, service_id, duration_minutes)
             VALUES ('{heart}', '{scan}', NULL), ('{skin}', '{scan}', 60), ('{skin}', '{check}', NULL)"
        ),
    )
    .await;
    let of = async |query: &str| {
        let page = me.get(&format!("/api/v1/slots?from={day}&to={day}&{query}")).await;
        let who = page.json["data"].as_array().cloned().unwrap_or_default();
        let who = who.iter().map(|slot| {
            let facility = if slot["facilityId"] == json!(north) { "north" } else { "south" };
            if slot["practitionerId"] == json!(heart) {
                format!("heart {facility}")
            } else {
                format!("skin {facility}")
            }
        });
        who.zip(times(&page)).map(|(who, time)| format!("{who} {time}")).collect::<Vec<_>>()
    };
    let heart_all = ["heart north 09:00", "heart north 09:30"];
    let skin_all = ["skin south 09:00", "skin south 09:30"];
    let all = of("").await;
    assert_eq!(all.len(), 4);
    assert!(all[..2].iter().all(|slot| slot.ends_with("09:00")), "in the order of time: {all:?}");
    assert_eq!(of("speciality=Cardiology").await, heart_all);
    assert_eq!(of("speciality=cardioLOGY").await, heart_all, "case aside, as in the list of practitioners");
    assert_eq!(of("speciality=Oncology").await, skin_all);
    assert_eq!(of("speciality=Neurology").await, [] as [&str; 0]);
    assert_eq!(of(&format!("practitionerId={skin}")).await, skin_all);
    assert_eq!(of(&format!("facilityId={north}")).await, heart_all);
    assert_eq!(of(&format!("facilityId={}", Uuid::now_v7())).await, [] as [&str; 0]);
    // As long as the practitioner takes for it, else as long as it takes.
    let scans = of(&format!("serviceId={scan}")).await;
    let mut expected = ["heart north 09:00", "heart north 09:20", "heart north 09:40", "skin south 09:00"];
    let mut sorted = scans.clone();
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(of(&format!("serviceId={check}")).await, ["skin south 09:00"], "nobody else offers it");
    assert_eq!(of(&format!("serviceId={check}&practitionerId={heart}")).await, [] as [&str; 0]);
    assert_eq!(of(&format!("serviceId={check}&minutes=15&speciality=Oncology")).await.len(), 4);

    // Only on the days on which it is offered.
    let until = |day: NaiveDate| format!("UPDATE products_services SET available_until = '{day}' WHERE id = '{check}'");
    set(&clinic, &until(day - Days::new(1))).await;
    assert_eq!(of(&format!("serviceId={check}")).await, [] as [&str; 0]);
    set(&clinic, &until(day)).await;
    assert_eq!(of(&format!("serviceId={check}")).await, ["skin south 09:00"]);
    set(&clinic, &format!("UPDATE products_services SET active = false WHERE id = '{check}'")).await;
    assert_eq!(of(&format!("serviceId={check}")).await, [] as [&str; 0]);
    // A place that is not in use any more, and one with its own hours.
    set(&clinic, &format!("UPDATE medical_facilities SET active = false WHERE id = '{south}'")).await;
    assert_eq!(of("").await, heart_all);
    let hours = json!([{ "weekday": 1, "starts": "09:30", "ends": "18:00" }]);
    set(&clinic, &format!("UPDATE medical_facilities SET opening_hours = '{hours}' WHERE id = '{north}'")).await;
    assert_eq!(of("").await, heart_all[1..]);
}

#[tokio::test]
async fn closures_holidays_and_licences_are_kept() {
    let world = World::start().await;
    let clinic = world.clinic("slots-closed").await;
    let (me, day) = (&clinic.admin, monday());
    let practitioner = clinic.practitioner("Martin").await;
    for weekday in 1..=7 {
        clinic.weekly(practitioner, weekday, "09:00", "09:30").await;
    }
    // 1 January, in France.
    let new_year = NaiveDate::from_ymd_opt(Utc::now().year() + 1, 1, 1).unwrap();
    set(&clinic, "UPDATE practitioners SET horizon_days = 730").await;
    assert_eq!(free(me, practitioner, new_year).await, [] as [&str; 0]);
    let open = "INSERT INTO closures (kind, starts_on, ends_on) VALUES";
    set(&clinic, &format!("{open} ('open', '{new_year}', '{new_year}')")).await;
    assert_eq!(free(me, practitioner, new_year).await, ["09:00"]);
    set(&clinic, "DELETE FROM closures; UPDATE clinic_settings SET closed_on_holidays = false").await;
    assert_eq!(free(me, practitioner, new_year).await, ["09:00"]);

    set(&clinic, &format!("{open} ('closed', '{}', '{day}')", day - Days::new(3))).await;
    assert_eq!(free(me, practitioner, day).await, [] as [&str; 0]);
    assert_eq!(free(me, practitioner, day + Days::new(1)).await, ["09:00"]);
    set(&clinic, "UPDATE closures SET deleted_at = now()").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00"]);

    set(&clinic, &format!("UPDATE practitioners SET registration_until = '{day}'")).await;
    assert_eq!(free(me, practitioner, day).await, ["09:00"], "the licence's last day");
    assert_eq!(free(me, practitioner, day + Days::new(1)).await, [] as [&str; 0]);
    set(&clinic, "UPDATE practitioners SET registration_until = NULL, minimum_notice = 43200").await;
    assert_eq!(free(me, practitioner, day).await, [] as [&str; 0], "thirty days' notice");
    set(&clinic, "UPDATE practitioners SET minimum_notice = 0, horizon_days = 1").await;
    assert_eq!(free(me, practitioner, day).await, [] as [&str; 0]);
    set(&clinic, "UPDATE practitioners SET horizon_days = 365").await;
    assert_eq!(free(me, practitioner, day).await, ["09:00"]);
    // Another zone's clock: at nine in Lisbon it is ten in Paris.
    set(&clinic, "UPDATE clinic_settings SET time_zone = 'Europe/Lisbon'").await;
    assert_eq!(free(me, practitioner, day).await, ["10:00"]);
}

#[tokio::test]
async fn both_nights_in_which_clocks_change_have_their_real_hours() {
    let world = World::start().await;
    let clinic = world.clinic("slots-night").await;
    let practitioner = clinic.practitioner("Night").await;
    clinic.weekly(practitioner, 7, "01:00", "05:00").await;
    set(
        &clinic,
        "UPDATE clinic_settings SET closed_on_holidays = false; UPDATE practitioners SET appointment_minutes = 60",
    )
    .await;
    let offset = |day: NaiveDate| {
        Tz::Europe__Paris.offset_from_utc_datetime(&day.and_hms_opt(0, 0, 0).unwrap()).fix().local_minus_utc()
    };
    let year = (Utc::now().date_naive() + Days::new(2)).iter_days().take(360);
    let changes: Vec<_> = year.filter(|day| offset(*day) != offset(*day + Days::new(1))).collect();
    assert!(!changes.is_empty());
    for day in changes {
        let slots = free(&clinic.admin, practitioner, day).await;
        let skipped = ["01:00", "03:00", "04:00"].map(str::to_owned).to_vec();
        let twice = ["01:00", "02:00", "02:00", "03:00", "04:00"].map(str::to_owned).to_vec();
        assert_eq!(slots, if offset(day) < offset(day + Days::new(1)) { skipped } else { twice }, "{day}");
    }
}

#[tokio::test]
async fn a_list_is_paged_and_keeps_to_its_bounds() {
    let world = World::start().await;
    let clinic = world.clinic("slots-paged").await;
    let (me, day) = (&clinic.admin, monday());
    for name in ["One", "Two", "Three"] {
        let practitioner = clinic.practitioner(name).await;
        clinic.weekly(practitioner, 1, "09:00", "12:00").await;
        clinic.weekly(practitioner, 2, "09:00", "10:00").await;
    }
    set(&clinic, "UPDATE clinic_settings SET closed_on_holidays = false").await;
    let query = format!("/api/v1/slots?from={day}&to={}", day + Days::new(8));
    let all = me.get(&query).await;
    let slots = all.json["data"].as_array().unwrap();
    assert_eq!((slots.len(), &all.json["nextCursor"]), (3 * (6 + 2) * 2, &json!(null)));
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = me.get(&format!("{query}&limit=7{cursor}")).await;
        paged.extend(page.json["data"].as_array().unwrap().clone());
        let Some(next) = page.json["nextCursor"].as_str() else { break };
        assert_eq!(page.json["data"].as_array().unwrap().len(), 7);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(&paged, slots);
    let elsewhere = me.get(&format!("{query}&limit=7&minutes=15{cursor}")).await;
    assert_eq!((elsewhere.status, elsewhere.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"), "another list's");

    // A week from today where nothing is said.
    let dates: Vec<String> = me.get("/api/v1/slots").await.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["startsAt"].as_str().unwrap()[..10].to_owned())
        .collect();
    let end = (Utc::now().date_naive() + Days::new(7)).to_string();
    assert!(!dates.is_empty() && dates.iter().all(|date| *date <= end), "{dates:?}");

    let to = |days: u64| format!("from={day}&to={}", day + Days::new(days));
    assert_eq!(me.get(&format!("/api/v1/slots?{}", to(61))).await.status, StatusCode::OK);
    for (bad, pointer) in [
        (to(62), "/query/to"),
        (format!("from={day}&to={}", day - Days::new(1)), "/query/to"),
        (format!("from={day}&to=9999-12-31"), "/query/to"),
        ("from=2026-13-01&to=2026-12-01".to_owned(), "/query/from"),
        (format!("from={day}"), "/query/to"),
        (format!("to={day}"), "/query/from"),
        ("minutes=0".to_owned(), "/query/minutes"),
        ("minutes=1441".to_owned(), "/query/minutes"),
        ("step=0".to_owned(), "/query/step"),
        ("limit=0".to_owned(), "/query/limit"),
        ("limit=5001".to_owned(), "/query/limit"),
        ("facilityId=1".to_owned(), "/query/facilityId"),
    ] {
        let refused = me.get(&format!("/api/v1/slots?{bad}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}: {refused:?}");
        assert_eq!(refused.json["errors"][0]["pointer"], pointer, "{bad}");
    }
    for edge in ["from=9999-12-01&to=9999-12-31", "from=0001-01-01&to=0001-01-02", "from=2020-01-01&to=2020-01-01"] {
        assert_eq!(times(&me.get(&format!("/api/v1/slots?{edge}")).await), [] as [&str; 0], "{edge}");
    }
}
