//! `medicalpro migrate`: every clinic to the newest schema. What cannot be brought there is set aside and named while the others
//! go on, and it may be run again.

use medicalpro::ids::ClinicId;
use serde_json::{Value, json};

use super::schema::dump;
use super::site::Site;
use crate::support::process::Process;

/// Takes back the ninth migration, as if the clinic had been made by an earlier version.
const BACK_TO_EIGHT: &str = "
DROP POLICY care_team ON patient_clinical_profiles;
DROP POLICY care_team ON medical_records;
DROP POLICY care_team ON prescriptions;
DROP POLICY care_team ON medical_record_versions;
DROP POLICY care_team ON medical_record_addenda;
DROP FUNCTION app.may_join_care_team(uuid) CASCADE;
DROP VIEW app.patients_in_care, app.care_rule CASCADE;
DROP TABLE medical_document_contents, medical_documents, patient_care_team, break_glass_grants CASCADE;
DELETE FROM app.refinery_schema_history WHERE version = 9";

async fn three_clinics() -> (Site, [Process; 2], [ClinicId; 3]) {
    let mut site = Site::new("template").await;
    let (server, worker) = (site.server(25).await, site.worker().await);
    let mut clinics = Vec::new();
    for label in ["canary", "second", "third"] {
        clinics.push(site.registered(label).await.0);
    }
    (site, [server, worker], clinics.try_into().unwrap())
}

/// Runs it: exit code, and each clinic's result in the order of `clinics`.
async fn migrate(site: &Site, more: &[&str], clinics: &[ClinicId]) -> (i32, Vec<Value>) {
    let (code, out, said) = site.run(&[&["migrate", "--json"], more].concat()).await;
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{said}"));
    let of = |clinic: &ClinicId| {
        let found = report["clinics"].as_array().unwrap().iter().find(|one| one["clinic"] == json!(clinic));
        found.unwrap_or_else(|| panic!("{clinic} in {report}")).clone()
    };
    let outcomes: Vec<Value> = clinics.iter().map(of).collect();
    let aside = ["drifted", "failed", "busy"];
    let set_aside = outcomes.iter().filter(|outcome| aside.contains(&outcome["result"].as_str().unwrap())).count();
    assert_eq!(report["setAside"], set_aside);
    (code, outcomes)
}

fn results(outcomes: &[Value]) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome["result"].as_str().unwrap()).collect()
}

async fn version(site: &Site, clinic: ClinicId) -> i32 {
    let newest = "SELECT max(version) FROM app.refinery_schema_history";
    site.inside(clinic).await.query_one(newest, &[]).await.unwrap().get(0)
}

async fn ledger(site: &Site) -> i64 {
    site.central.query_one("SELECT count(*) FROM clinic_migrations", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_older_clinic_becomes_as_one_that_was_made_today() {
    let (site, _processes, clinics) = three_clinics().await;
    assert_eq!(migrate(&site, &[], &clinics).await.0, 0);
    let untouched = dump(&site.admin, clinics[0]).await;
    for clinic in &clinics[1..] {
        site.inside(*clinic).await.batch_execute(BACK_TO_EIGHT).await.unwrap();
        site.central.execute("UPDATE companies SET schema_version = 8 WHERE id = $1", &[&clinic.0]).await.unwrap();
    }
    assert!(dump(&site.admin, clinics[1]).await != untouched, "control: it is older");

    let (code, outcomes) = migrate(&site, &["--dry-run"], &clinics).await;
    assert_eq!((code, results(&outcomes)), (0, vec!["current", "would migrate", "would migrate"]));
    assert_eq!((version(&site, clinics[1]).await, ledger(&site).await), (8, 0), "and nothing was done");

    let (code, outcomes) = migrate(&site, &[], &clinics).await;
    assert_eq!((code, results(&outcomes)), (0, vec!["current", "migrated", "migrated"]));
    assert_eq!((&outcomes[1]["from"], &outcomes[1]["to"]), (&json!(8), &json!(9)));
    for clinic in &clinics[1..] {
        assert!(dump(&site.admin, *clinic).await == untouched, "{clinic}");
        let known = "SELECT schema_version FROM companies WHERE id = $1";
        assert_eq!(site.central.query_one(known, &[&clinic.0]).await.unwrap().get::<_, i32>(0), 9);
    }
    let noted = "SELECT from_version, to_version, outcome FROM clinic_migrations WHERE company_id = $1";
    let row = site.central.query_one(noted, &[&clinics[1].0]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), (8, 9, "migrated"));
    assert_eq!(results(&migrate(&site, &[], &clinics).await.1), ["current"; 3]);
}

#[tokio::test]
async fn a_drifted_clinic_and_one_that_fails_are_named_while_the_others_go_on() {
    let (site, _processes, clinics) = three_clinics().await;
    let [_, drifted, failing] = clinics;
    let edited = "UPDATE app.refinery_schema_history SET checksum = '1' WHERE version = 5";
    site.inside(drifted).await.batch_execute(edited).await.unwrap();
    for clinic in [clinics[0], failing] {
        site.inside(clinic).await.batch_execute(BACK_TO_EIGHT).await.unwrap();
    }
    site.inside(failing).await.batch_execute("CREATE TABLE break_glass_grants ()").await.unwrap();

    let (code, outcomes) = migrate(&site, &["--dry-run"], &clinics).await;
    assert_eq!((code, results(&outcomes)), (3, vec!["would migrate", "drifted", "would migrate"]));
    assert_eq!(ledger(&site).await, 0, "a dry run writes nothing");

    let (code, outcomes) = migrate(&site, &[], &clinics).await;
    assert_eq!((code, results(&outcomes)), (3, vec!["migrated", "drifted", "failed"]));
    assert_eq!(outcomes[1]["error"], "migration 5 was edited since it ran here");
    assert!(outcomes[2]["error"].as_str().unwrap().contains("break_glass_grants"), "it says why: {}", outcomes[2]);
    assert_eq!(ledger(&site).await, 3);
    assert_eq!(version(&site, failing).await, 8, "one transaction a migration: nothing of the ninth is there");
    let half = "SELECT to_regclass('medical_documents') IS NULL";
    assert!(site.inside(failing).await.query_one(half, &[]).await.unwrap().get::<_, bool>(0));

    site.inside(failing).await.batch_execute("DROP TABLE break_glass_grants").await.unwrap();
    let (code, outcomes) = migrate(&site, &[], &clinics).await;
    assert_eq!((code, results(&outcomes)), (3, vec!["current", "drifted", "migrated"]), "it goes on where it stopped");
    assert!(dump(&site.admin, failing).await == dump(&site.admin, clinics[0]).await);
    let (code, out, _) = site.run(&["migrate"]).await;
    assert_eq!(code, 3);
    assert!(out.contains(&drifted.to_string()) && out.contains("1 set aside"), "people are told too: {out}");
}

#[tokio::test]
async fn the_others_are_left_as_they_are_when_the_first_clinic_fails() {
    let (site, _processes, clinics) = three_clinics().await;
    for clinic in clinics {
        site.inside(clinic).await.batch_execute(BACK_TO_EIGHT).await.unwrap();
    }
    site.inside(clinics[0]).await.batch_execute("CREATE TABLE break_glass_grants ()").await.unwrap();
    let (code, _, said) = site.run(&["migrate", "--json"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("canary"), "{said}");
    assert_eq!((version(&site, clinics[1]).await, version(&site, clinics[2]).await), (8, 8));

    site.inside(clinics[0]).await.batch_execute("DROP TABLE break_glass_grants").await.unwrap();
    assert_eq!(migrate(&site, &[], &clinics).await.0, 0, "control");
    assert_eq!(version(&site, clinics[2]).await, 9);
}

#[tokio::test]
async fn a_clinic_that_somebody_holds_is_busy_and_left_alone() {
    let (site, _processes, clinics) = three_clinics().await;
    site.inside(clinics[1]).await.batch_execute(BACK_TO_EIGHT).await.unwrap();
    let lease = "SELECT pg_advisory_lock(hashtextextended($1::text, 0))";
    site.central.query_one(lease, &[&clinics[1].to_string()]).await.unwrap();
    let (code, outcomes) = migrate(&site, &[], &clinics).await;
    assert_eq!((code, results(&outcomes)), (3, vec!["current", "busy", "current"]));
    assert_eq!(version(&site, clinics[1]).await, 8);
    site.central.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    assert_eq!(results(&migrate(&site, &[], &clinics).await.1), ["current", "migrated", "current"]);
}

#[tokio::test]
async fn what_a_failed_migration_quotes_of_a_row_is_kept_nowhere() {
    let (site, _processes, clinics) = three_clinics().await;
    let failing = site.inside(clinics[1]).await;
    failing.batch_execute(BACK_TO_EIGHT).await.unwrap();
    // As a migration of data would fail.
    failing
        .batch_execute(
            "CREATE FUNCTION public.fail() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
             BEGIN RAISE check_violation USING MESSAGE = 'new row for Vasseur-Secret', DETAIL = 'contains Vasseur-Secret'; END $$;
             CREATE EVENT TRIGGER fail ON ddl_command_start WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION public.fail()",
        )
        .await
        .unwrap();
    let (code, out, said) = site.run(&["migrate", "--json"]).await;
    assert_eq!(code, 3, "{out}{said}");
    let noted: String = site.central.query_one("SELECT error FROM clinic_migrations", &[]).await.unwrap().get(0);
    for text in [&out, &said, &noted] {
        assert!(!text.contains("Vasseur-Secret"), "{text}");
    }
    assert!(noted.contains("V9__medical_documents") && noted.contains("23514"), "which migration, and how: {noted}");
}
