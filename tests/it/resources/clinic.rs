//! The clinic's settings and their copy in central, its public holidays, its subscription.

use std::time::Duration;

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World, own_postgres, prepare};

const CLINIC: &str = "/api/v1/clinic";

/// What an answer says of its invalid fields: pointer and code, in order.
fn invalid(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    let errors = answer.json["errors"].as_array().unwrap().iter();
    errors.map(|one| format!("{} {}", one["pointer"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
}

/// Name, language and time zone, as central knows them.
async fn in_central(world: &World, clinic: &Clinic<'_>) -> [String; 3] {
    let of_clinic = "SELECT name, language, time_zone FROM medicalpro_central.companies WHERE id = $1";
    let row = world.central().await.query_one(of_clinic, &[&clinic.id.0]).await.unwrap();
    [0, 1, 2].map(|column| row.get(column))
}

#[tokio::test]
async fn settings_are_changed_field_by_field_and_held_to_the_version() {
    let world = World::start().await;
    let clinic = world.clinic("settings").await;
    let me = &clinic.admin;
    let before = me.get(CLINIC).await;
    assert_eq!((before.status, before.header("etag")), (StatusCode::OK, "\"1\""), "{before:?}");
    for (name, value) in [
        ("id", json!(clinic.id.to_string())),
        ("country", json!("FR")),
        ("currency", json!("EUR")),
        ("timeZone", json!("Europe/Paris")),
        ("taxLabel", json!("TVA")),
        ("patientNumberPrefix", json!("PAT")),
        ("openingHours", json!([])),
        ("closedOnHolidays", json!(true)),
        ("reminderHours", json!(24)),
        ("retentionYears", json!(20)),
    ] {
        assert_eq!(before.json[name], value, "{name}");
    }
    assert_eq!(before.json["taxRates"][0]["basisPoints"], 2000);
    assert_eq!(me.request(Method::GET, CLINIC, &[("if-none-match", "\"1\"")], None).await.status, 304);

    let hours = json!([
        { "weekday": 2, "starts": "08:00", "ends": "18:00" },
        { "weekday": 1, "starts": "13:00", "ends": "18:00" },
        { "weekday": 1, "starts": "08:00", "ends": "12:00" },
    ]);
    let change = json!({
        "openingHours": hours, "holidaySubdivision": "FR-67", "reminderHours": null, "cancellationHours": 48, "holdMinutes": 10,
        "address": { "line1": "12 rue de la Paix", "postalCode": "75002", "city": "Paris" }, "phone": "+33 1 42 68 53 00",
        "invoiceNumberPrefix": "F", "confirmationMails": false, "firstWeekday": 7, "careTeamRequired": true,
    });
    let stale = me.request(Method::PATCH, CLINIC, &[("if-match", "\"2\"")], Some(&change)).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let changed = me.request(Method::PATCH, CLINIC, &[("if-match", "\"1\"")], Some(&change)).await;
    assert_eq!((changed.status, changed.header("etag")), (StatusCode::OK, "\"2\""), "{changed:?}");
    let mut expected = before.json.clone();
    for (name, value) in change.as_object().unwrap() {
        expected[name] = value.clone();
    }
    // In the order of the week; numbers as they are stored; what is null is absent.
    expected["openingHours"] = json!([hours[2], hours[1], hours[0]]);
    for name in ["phone", "updatedAt", "version"] {
        expected[name] = changed.json[name].clone();
    }
    expected.as_object_mut().unwrap().remove("reminderHours");
    assert_eq!(changed.json, expected);
    assert_eq!(me.get(CLINIC).await.json, expected);

    let cleared = me.patch(CLINIC, &json!({ "address": null, "holidaySubdivision": null, "phone": null })).await;
    for name in ["address", "holidaySubdivision", "phone"] {
        assert!(cleared.json.get(name).is_none(), "{name}: {cleared:?}");
    }
    assert_eq!(cleared.json["openingHours"], expected["openingHours"]);
}

#[tokio::test]
async fn what_a_clinic_cannot_be_is_refused_where_it_stands() {
    let world = World::start().await;
    let clinic = world.clinic("refused").await;
    let me = &clinic.admin;
    let hours = |lines: &[(i64, &str, &str)]| {
        let line =
            |(weekday, starts, ends): &(i64, &str, &str)| json!({ "weekday": weekday, "starts": starts, "ends": ends });
        json!({ "openingHours": lines.iter().map(line).collect::<Vec<Value>>() })
    };
    for (change, expected) in [
        (
            hours(&[(1, "08:00", "12:00"), (2, "08:00", "12:00"), (1, "11:00", "13:00")]),
            "/openingHours/2/starts overlap",
        ),
        (hours(&[(1, "12:00", "08:00")]), "/openingHours/0/ends order"),
        (hours(&[(8, "08:00", "12:00")]), "/openingHours/0/weekday range"),
        (hours(&[(1, "8:00", "12:00")]), "/openingHours/0/starts too_short"),
        (hours(&[(1, "08:00", "08:01"); 71]), "/openingHours too_many"),
        (json!({ "holidaySubdivision": "DE-BY" }), "/holidaySubdivision unknown_subdivision"),
        (json!({ "holidaySubdivision": "FR-XX" }), "/holidaySubdivision unknown_subdivision"),
        (json!({ "language": "nl" }), "/language not_allowed"),
        (json!({ "timeZone": "Europe/Atlantis" }), "/timeZone format"),
        (json!({ "reminderHours": 0 }), "/reminderHours range"),
        (json!({ "reminderHours": 337 }), "/reminderHours range"),
        (json!({ "cancellationHours": -1 }), "/cancellationHours range"),
        (json!({ "holdMinutes": 61 }), "/holdMinutes range"),
        (json!({ "holdMinutes": null }), "/holdMinutes null"),
        (json!({ "firstWeekday": 0 }), "/firstWeekday range"),
        (json!({ "address": { "postalCode": "750" } }), "/address/postalCode postal_code_invalid"),
        (json!({ "businessNumber": "123" }), "/businessNumber business_number_invalid"),
        (json!({ "country": "DE" }), "/country unknown_field"),
        (json!({ "currency": "CHF" }), "/currency unknown_field"),
        (json!({ "retentionYears": 1 }), "/retentionYears unknown_field"),
    ] {
        assert_eq!(invalid(&me.patch(CLINIC, &change).await), [expected], "{change}");
    }
    assert_eq!(me.get(CLINIC).await.json["version"], 1);
    // One may end as the next begins, and the clinic's own country has parts.
    let good = hours(&[(1, "08:00", "12:00"), (1, "12:00", "18:00"), (2, "08:00", "12:00")]);
    assert_eq!(me.patch(CLINIC, &good).await.status, StatusCode::OK);
    assert_eq!(me.patch(CLINIC, &json!({ "holidaySubdivision": "FR-974" })).await.status, StatusCode::OK);
}

#[tokio::test]
async fn name_language_and_time_zone_are_true_in_central_too() {
    let world = World::start().await;
    let clinic = world.clinic("renamed").await;
    let change = json!({ "name": "Consulta", "language": "es-AR", "timeZone": "Atlantic/Canary" });

    let nurse = clinic.person(Role::Nurse).await;
    let before = in_central(&world, &clinic).await;
    assert_eq!(nurse.patch(CLINIC, &change).await.code(), "forbidden");
    assert_eq!(in_central(&world, &clinic).await, before, "who may not change the clinic changes nothing in central");

    let changed = clinic.admin.patch(CLINIC, &change).await;
    assert_eq!((changed.status, &changed.json["language"]), (StatusCode::OK, &json!("es")), "{changed:?}");
    assert_eq!(in_central(&world, &clinic).await, ["Consulta", "es", "Atlantic/Canary"]);
    let me = clinic.admin.get("/api/v1/auth/me").await.json;
    assert!(me.to_string().contains("Consulta"), "{me}");

    // Problems are told in the clinic's language, once the session's standing is looked up again.
    let nowhere = format!("/api/v1/rooms/{}", uuid::Uuid::now_v7());
    for look in 0.. {
        if nurse.get(&nowhere).await.header("content-language") == "es" {
            break;
        }
        assert!(look < 100, "problems are never told in Spanish");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Fifty at once leave both copies with what was changed last.
#[tokio::test]
async fn of_changes_made_at_once_both_copies_keep_the_same() {
    let world = World::start().await;
    let clinic = world.clinic("at-once").await;
    let change = async |number: usize| clinic.admin.patch(CLINIC, &json!({ "name": format!("Clinic {number}") })).await;
    let answers = futures_util::future::join_all((0..50).map(change)).await;
    let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert!(answers.iter().all(|answer| [200, 503].contains(&answer.status.as_u16())), "{answers:?}");
    assert!(done > 0);
    let settings = clinic.admin.get(CLINIC).await.json;
    assert_eq!(settings["version"], 1 + done);
    assert_eq!(settings["name"], in_central(&world, &clinic).await[0]);
}

#[tokio::test]
async fn a_change_that_one_of_the_two_databases_refuses_is_mended_by_repeating_it() {
    // Its triggers would disturb whoever else looks at central.
    let (admin, cluster) = own_postgres().await;
    prepare(&admin).await;
    let world = World::on(admin, cluster, &[], &[]).await;
    let clinic = world.clinic("halves").await;
    let name = async || clinic.admin.get(CLINIC).await.json["name"].as_str().unwrap().to_owned();
    let first = name().await;
    let refuse = |schema: &str, trigger: &str| {
        format!(
            "CREATE FUNCTION {schema}.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
             CREATE {trigger} FOR EACH ROW EXECUTE FUNCTION {schema}.refuse()"
        )
    };

    // Central refuses: nothing has changed.
    let central = world.central().await;
    let on_central = "TRIGGER refuse BEFORE UPDATE ON medicalpro_central.companies";
    central.batch_execute(&refuse("medicalpro_central", on_central)).await.unwrap();
    let change = json!({ "name": "Second" });
    assert!(clinic.admin.patch(CLINIC, &change).await.status.is_server_error());
    assert_eq!((name().await, in_central(&world, &clinic).await[0].as_str()), (first.clone(), &*first));
    // What central does not know is changed all the same.
    assert_eq!(clinic.admin.patch(CLINIC, &json!({ "holdMinutes": 7 })).await.status, StatusCode::OK);
    central.batch_execute("DROP TRIGGER refuse ON medicalpro_central.companies").await.unwrap();
    assert_eq!(clinic.admin.patch(CLINIC, &change).await.status, StatusCode::OK);
    assert_eq!((name().await, in_central(&world, &clinic).await[0].as_str()), ("Second".into(), "Second"));

    // The clinic's COMMIT fails: central is ahead.
    let database = clinic.database().await;
    let at_commit = "CONSTRAINT TRIGGER refuse AFTER UPDATE ON clinic_settings DEFERRABLE INITIALLY DEFERRED";
    database.batch_execute(&refuse(&clinic.id.database_name(), at_commit)).await.unwrap();
    let change = json!({ "name": "Third" });
    assert!(clinic.admin.patch(CLINIC, &change).await.status.is_server_error());
    assert_eq!((name().await, in_central(&world, &clinic).await[0].as_str()), ("Second".into(), "Third"));
    database.batch_execute("DROP TRIGGER refuse ON clinic_settings").await.unwrap();
    assert_eq!(clinic.admin.patch(CLINIC, &change).await.status, StatusCode::OK);
    assert_eq!((name().await, in_central(&world, &clinic).await[0].as_str()), ("Third".into(), "Third"));
}

#[tokio::test]
async fn public_holidays_are_the_clinics_and_named_in_the_readers_language() {
    let world = World::start().await;
    let clinic = world.clinic("holidays").await;
    let me = &clinic.admin;
    let asked = |query: &str| format!("{CLINIC}/holidays?{query}");
    let easter = asked("from=2026-04-01&to=2026-05-01");
    let listed = async |language: &str| -> Vec<String> {
        let answer = me.request(Method::GET, &easter, &[("accept-language", language)], None).await;
        let rows = answer.json["data"].as_array().unwrap_or_else(|| panic!("{answer:?}")).iter();
        rows.map(|row| format!("{} {} {}", row["day"], row["key"], row["name"]).replace('"', "")).collect()
    };
    let (monday, labour) = ("2026-04-06 easter_monday", "2026-05-01 labour_day");
    assert_eq!(listed("").await, [format!("{monday} Lundi de Pâques"), format!("{labour} Fête du Travail")]);
    assert_eq!(listed("de-CH").await, [format!("{monday} Ostermontag"), format!("{labour} Tag der Arbeit")]);
    assert_eq!(listed("ja").await.len(), 2, "else the clinic's");
    assert_eq!(me.patch(CLINIC, &json!({ "holidaySubdivision": "FR-68" })).await.status, StatusCode::OK);
    assert_eq!(listed("en").await[0], "2026-04-03 good_friday Good Friday");

    let year = me.get(&format!("{CLINIC}/holidays")).await;
    assert!((12..=14).contains(&year.json["data"].as_array().unwrap().len()), "a year from today: {year:?}");
    for bad in ["from=2026-04-02&to=2026-04-01", "from=2026-01-01&to=2030-01-01", "from=9999-01-01&to=0001-01-01"] {
        assert_eq!(invalid(&me.get(&asked(bad)).await), ["/query/to range"], "{bad}");
    }
    assert_eq!(invalid(&me.get(&asked("from=2026-4-1")).await).len(), 1);
    for good in ["from=2026-04-06&to=2026-04-06", "from=9999-12-31"] {
        assert_eq!(me.get(&asked(good)).await.status, StatusCode::OK, "{good}");
    }
}

#[tokio::test]
async fn a_subscription_is_shown_to_who_runs_the_clinic() {
    let world = World::start().await;
    let clinic = world.clinic("subscription").await;
    let path = format!("{CLINIC}/subscription");
    let trial = clinic.admin.get(&path).await;
    assert_eq!(trial.status, StatusCode::OK, "{trial:?}");
    for (name, value) in
        [("plan", json!("trial")), ("status", json!("trialing")), ("seats", json!(5)), ("seatsUsed", json!(1))]
    {
        assert_eq!(trial.json[name], value, "{name}");
    }
    assert!(trial.json["trialEndsAt"].is_string() && trial.json.get("periodEnd").is_none(), "{trial:?}");

    let manager = clinic.person(Role::Manager).await;
    clinic.invitation("somebody-subscribed@example.org", Role::Nurse).await;
    assert_eq!(manager.get(&path).await.json["seatsUsed"], 3, "staff, and who is invited");
    let secretary = clinic.person(Role::Secretary).await;
    assert_eq!(secretary.get(&path).await.code(), "forbidden");
}
