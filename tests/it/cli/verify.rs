//! `medicalpro verify`: an isolated fleet passes, untouched; each wall that somebody takes away is noticed, and named.

use std::path::PathBuf;

use medicalpro::ids::ClinicId;
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::provisioning::site::{Site, until};
use crate::support::process::{Process, run};
use crate::support::{MASTER_KEYS, PASSWORD, admin_client, api_url};

/// An installation with clinics that were registered over HTTP.
pub struct Installation {
    pub site: Site,
    pub clinics: Vec<(ClinicId, String)>,
    _processes: [Process; 2],
}

impl Installation {
    pub async fn of(count: usize) -> Self {
        let mut site = Site::new("template").await;
        let processes = [site.server(25).await, site.worker().await];
        let mut clinics = Vec::new();
        for number in 0..count {
            clinics.push(site.registered(&format!("verified-{number}")).await);
        }
        Self { site, clinics, _processes: processes }
    }

    fn id(&self, at: usize) -> ClinicId {
        self.clinics[at].0
    }

    pub fn name(&self, at: usize) -> String {
        self.id(at).database_name()
    }

    /// Exit code, standard output, standard error.
    async fn verify(&self, arguments: &[&str]) -> (i32, String, String) {
        self.verify_with(arguments, &[]).await
    }

    /// With settings besides those that the server has.
    pub async fn verify_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String, String) {
        let url = api_url(&self.site.admin);
        let servers = [("MEDICALPRO_DATABASE_URL", &*url), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)];
        run([&["verify"], arguments].concat(), &[&servers, settings].concat()).await
    }

    /// Exit code, and the report.
    async fn report(&self, arguments: &[&str]) -> (i32, Value) {
        let (code, out, said) = self.verify(&[&["--json"], arguments].concat()).await;
        let report = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
        (code, report)
    }
}

/// Names of the checks that ended so.
fn ended(report: &Value, ending: &str) -> Vec<String> {
    let checks = report["report"]["checks"].as_array().unwrap();
    let so = checks.iter().filter(|check| check["ending"] == ending);
    so.map(|check| check["name"].as_str().unwrap().to_owned()).collect()
}

/// What one must not find in any output.
fn secrets(world: &crate::support::World) -> Vec<String> {
    let passwords = [api_url(&world.admin), crate::support::provisioner_url(&world.admin)];
    let passwords = passwords.iter().map(|url| {
        let config: tokio_postgres::Config = url.parse().unwrap();
        String::from_utf8(config.get_password().unwrap().to_vec()).unwrap()
    });
    passwords.chain([MASTER_KEYS.split_once(':').unwrap().1.to_owned(), PASSWORD.to_owned()]).collect()
}

/// Everything that a clinic's tables hold, as one hash; and how far its sequences are.
async fn contents(inside: &Client) -> String {
    let tables = "SELECT relname::text, relkind = 'S' FROM pg_class
                   WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'S') ORDER BY 1";
    let mut hashes = Vec::new();
    for row in inside.query(tables, &[]).await.unwrap() {
        let (table, is_sequence): (String, bool) = (row.get(0), row.get(1));
        let hash = if is_sequence {
            format!("SELECT last_value || ' ' || is_called FROM {table}")
        } else {
            format!("SELECT coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '-') FROM {table} t")
        };
        hashes.push(format!("{table} {}", inside.query_one(&hash, &[]).await.unwrap().get::<_, String>(0)));
    }
    hashes.join("\n")
}

#[tokio::test]
async fn an_isolated_fleet_passes_and_is_left_as_it_was() {
    let installation = Installation::of(4).await;
    let Installation { site, clinics, .. } = &installation;
    site.is_of_use_to(&clinics[0].1).await;
    // Suspended, it has its database all the same.
    assert_eq!(site.run(&["clinics", "suspend", &clinics[3].0.to_string()]).await.0, 0);
    // Of a clinic that was closed while PostgreSQL was killed: it takes no connections, and says so in its own way.
    let half_dropped = "medicalpro_clinic_00000000_0000_7000_8000_000000000000";
    for done in [
        format!("CREATE DATABASE {half_dropped} OWNER medicalpro_provisioner"),
        format!("REVOKE ALL ON DATABASE {half_dropped} FROM PUBLIC"),
        format!("UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{half_dropped}'"),
    ] {
        site.central.batch_execute(&done).await.unwrap();
    }
    let inside = site.inside(clinics[0].0).await;
    let before = contents(&inside).await;
    assert!(before.contains("patients") && before.lines().count() > 30, "control: {before}");

    let page = std::env::temp_dir().join(format!("medicalpro-verify-{}.html", uuid::Uuid::now_v7().simple()));
    let (code, out, said) = installation.verify(&["--json", "--html", page.to_str().unwrap()]).await;
    let html = std::fs::read_to_string(&page).unwrap();
    std::fs::remove_file(&page).unwrap();
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    assert_eq!((code, &report["report"]["ending"]), (0, &json!("held")), "{:#}", report["report"]["checks"]);
    assert_eq!(contents(&inside).await, before, "not a byte, and no sequence moved");

    let report_of = &report["report"];
    let figures = &report_of["figures"];
    assert_eq!((&figures["failed"], &figures["notRun"], &figures["warned"]), (&json!(0), &json!(0), &json!(0)));
    assert_eq!(figures["attempts"], figures["held"]);
    assert!(figures["attempts"].as_u64().unwrap() > 500, "{figures}");
    for check in report_of["checks"].as_array().unwrap() {
        assert!(check["figures"]["attempts"].as_u64().unwrap() > 0, "nothing was tried: {check}");
    }
    assert_eq!((&report_of["scope"]["clinics"], &report_of["scope"]["pairs"]), (&json!(4), &json!("all")));
    let version: String = inside.query_one("SHOW server_version", &[]).await.unwrap().get(0);
    assert_eq!(report_of["postgresql"], version);

    // Its own database opens to each clinic's login, and no other does.
    let columns = report_of["matrix"]["columns"].as_array().unwrap();
    for name in ["medicalpro_central", "postgres", "template0", "template1", "medicalpro_clinic_base", half_dropped] {
        assert!(columns.contains(&json!(name)), "{name} in {columns:?}");
    }
    let rows = report_of["matrix"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    for (at, row) in rows.iter().enumerate() {
        let expected: String = (0..columns.len()).map(|column| if column == at { '=' } else { 'x' }).collect();
        assert_eq!(row["cells"], expected);
        assert_eq!(row["clinic"], columns[at]);
    }

    let (code, table, said_at_terminal) = installation.verify(&[]).await;
    assert_eq!((code, table.contains("isolated:")), (0, true), "{table}");
    assert!(!table.contains('\u{1b}') && !table.contains('✗'), "{table}");
    for text in [&out, &html, &table, &said, &said_at_terminal] {
        for secret in secrets(&site.world) {
            assert!(!text.contains(&secret), "a secret is told");
        }
        assert!(!text.contains("v1."), "nor what is sealed");
        assert!(!text.contains("Clinic verified") && !text.contains("example.org"), "clinics are told by their ids");
    }

    // The page stands alone: it runs and fetches nothing, and its style is the one that it allows.
    assert!(html.starts_with("<!doctype html>") && html.contains("<svg role=\"img\""), "{html}");
    for forbidden in ["<script", "http://", "https://", "url(", " style=", "@import"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    assert!(html.contains(report["sha256"].as_str().unwrap()));
    assert_eq!(html.matches("class=\"own\"").count(), 4);
    assert_eq!(html.matches("class=\"refused\"").count(), 4 * (columns.len() - 1));
    assert!(!html.contains("class=\"open\"") && !html.contains("What did not hold"), "{html}");

    is_known_when_altered(&out).await;
}

async fn is_known_when_altered(report: &str) {
    let file = |name: &str| -> PathBuf {
        std::env::temp_dir().join(format!("medicalpro-verify-{name}-{}.json", uuid::Uuid::now_v7().simple()))
    };
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(report).unwrap()).unwrap();
    for (name, content, code) in [
        ("same", report.to_owned(), 0),
        ("pretty", pretty, 0),
        ("altered", report.replacen("\"failed\":0", "\"failed\":1", 1), 1),
        ("nothing", "{}".to_owned(), 2),
    ] {
        let path = file(name);
        std::fs::write(&path, content).unwrap();
        let (ended, _, said) = run(["verify", "--check", path.to_str().unwrap()], &[]).await;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(ended, code, "{name}: {said}");
    }
}

/// What somebody does to an installation, in which database; how it is taken back; and the checks that must notice.
struct Tampering {
    what: &'static str,
    database: String,
    done: String,
    undone: String,
    noticed: &'static [&'static str],
}

impl Tampering {
    fn new(
        what: &'static str,
        database: &str,
        done: impl Into<String>,
        undone: impl Into<String>,
        noticed: &'static [&'static str],
    ) -> Self {
        Self { what, database: database.to_owned(), done: done.into(), undone: undone.into(), noticed }
    }
}

/// In a clinic's own database.
fn at_a_clinic(own: &str) -> Vec<Tampering> {
    let tenant = "CREATE OR REPLACE FUNCTION app.tenant(cur name) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER COST 1
                  SET search_path = pg_catalog, pg_temp AS";
    vec![
        Tampering::new(
            "a policy is dropped",
            own,
            format!("DROP POLICY tenant ON {own}.patients"),
            format!(
                "CREATE POLICY tenant ON {own}.patients AS RESTRICTIVE USING (company_id = (SELECT app.tenant(current_user)))
                 WITH CHECK (company_id = (SELECT app.tenant(current_user)))"
            ),
            &["row-security", "clinic-as-migrated"],
        ),
        Tampering::new(
            "row security is not forced",
            own,
            format!("ALTER TABLE {own}.patients NO FORCE ROW LEVEL SECURITY"),
            format!("ALTER TABLE {own}.patients FORCE ROW LEVEL SECURITY"),
            &["row-security", "clinic-as-migrated"],
        ),
        Tampering::new(
            "PUBLIC may read patients",
            own,
            format!("GRANT SELECT ON {own}.patients TO PUBLIC"),
            format!("REVOKE SELECT ON {own}.patients FROM PUBLIC"),
            &["public-and-bare-login", "clinic-as-migrated"],
        ),
        Tampering::new(
            "a secretary may read medical records",
            own,
            format!("GRANT SELECT ON {own}.medical_records TO medicalpro_secretary"),
            format!("REVOKE SELECT ON {own}.medical_records FROM medicalpro_secretary"),
            &["secretary-and-records", "prepared-statement", "clinic-as-migrated"],
        ),
        Tampering::new(
            "a manager may empty a table",
            own,
            format!("GRANT TRUNCATE ON {own}.patients TO medicalpro_manager"),
            format!("REVOKE TRUNCATE ON {own}.patients FROM medicalpro_manager"),
            &["truncate", "clinic-as-migrated"],
        ),
        Tampering::new(
            "contexts are not looked at any more",
            own,
            format!("{tenant} $$ BEGIN RETURN app.clinic_id(); END $$"),
            format!("{tenant} $$\nBEGIN\n    PERFORM app.verified_context(cur);\n    RETURN app.clinic_id();\nEND $$"),
            &["no-context", "context-of-another", "edited-context", "stacked-role", "clinic-as-migrated"],
        ),
        Tampering::new(
            "the context key may be read",
            own,
            "GRANT SELECT ON app.context_key TO medicalpro_admin",
            "REVOKE SELECT ON app.context_key FROM medicalpro_admin",
            &["context-key", "clinic-as-migrated"],
        ),
        Tampering::new(
            "the audit trail's guard is off",
            own,
            format!("ALTER TABLE {own}.audit_logs DISABLE TRIGGER append_only"),
            format!("ALTER TABLE {own}.audit_logs ENABLE TRIGGER append_only"),
            &["audit-guard", "clinic-as-migrated"],
        ),
        Tampering::new(
            "an admin may change the audit trail",
            own,
            format!("GRANT UPDATE ON {own}.audit_logs TO medicalpro_admin"),
            format!("REVOKE UPDATE ON {own}.audit_logs FROM medicalpro_admin"),
            &["audit-append-only", "clinic-as-migrated"],
        ),
        Tampering::new(
            "a login owns a table",
            own,
            format!("ALTER TABLE {own}.rooms OWNER TO {own}"),
            format!("ALTER TABLE {own}.rooms OWNER TO medicalpro_owner"),
            &["owners", "public-and-bare-login", "clinic-as-migrated"],
        ),
        Tampering::new(
            "a view asks as its owner",
            own,
            "ALTER VIEW app.audit_entry RESET (security_invoker)",
            "ALTER VIEW app.audit_entry SET (security_invoker = true)",
            &["definers-and-views", "clinic-as-migrated"],
        ),
    ]
}

/// Of roles and databases.
fn on_the_server(own: &str, other: &str) -> Vec<Tampering> {
    let postgres = "postgres";
    let template = medicalpro::provisioning::template::name();
    vec![
        Tampering::new(
            "another clinic may connect",
            postgres,
            format!("GRANT CONNECT ON DATABASE {own} TO {other}"),
            format!("REVOKE CONNECT ON DATABASE {own} FROM {other}"),
            &["other-clinics", "database-rights"],
        ),
        Tampering::new(
            "everybody may connect to postgres",
            postgres,
            "GRANT CONNECT ON DATABASE postgres TO PUBLIC",
            "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC",
            &["shared-databases", "database-rights"],
        ),
        Tampering::new(
            "the template is open",
            postgres,
            format!("ALTER DATABASE {template} ALLOW_CONNECTIONS true; GRANT CONNECT ON DATABASE {template} TO PUBLIC"),
            format!(
                "ALTER DATABASE {template} ALLOW_CONNECTIONS false; REVOKE CONNECT ON DATABASE {template} FROM PUBLIC"
            ),
            &["templates", "database-rights"],
        ),
        Tampering::new(
            "a login bypasses row security",
            postgres,
            format!("ALTER ROLE {own} BYPASSRLS"),
            format!("ALTER ROLE {own} NOBYPASSRLS"),
            &["run-time-roles"],
        ),
        Tampering::new(
            "a login may become the owner",
            postgres,
            format!("GRANT medicalpro_owner TO {own}"),
            format!("REVOKE medicalpro_owner FROM {own}"),
            &["memberships", "stacked-role"],
        ),
        Tampering::new(
            "a login has no connection limit, and brings a setting",
            postgres,
            format!("ALTER ROLE {own} CONNECTION LIMIT -1; ALTER ROLE {own} SET search_path = {own}"),
            format!("ALTER ROLE {own} CONNECTION LIMIT 40; ALTER ROLE {own} RESET search_path"),
            &["login-settings", "nothing-left"],
        ),
        Tampering::new(
            "a database with a clinic's name, which central does not know, is open to all",
            postgres,
            "CREATE DATABASE medicalpro_clinic_00000000_0000_7000_8000_000000000000 OWNER medicalpro_provisioner",
            "DROP DATABASE medicalpro_clinic_00000000_0000_7000_8000_000000000000",
            &["shared-databases", "database-rights"],
        ),
        Tampering::new(
            "the server may go into a clinic's database by its own login",
            postgres,
            format!("GRANT CONNECT ON DATABASE {own} TO medicalpro_api"),
            format!("REVOKE CONNECT ON DATABASE {own} FROM medicalpro_api"),
            &["central-login-at-clinics", "database-rights"],
        ),
    ]
}

fn in_central(id: ClinicId) -> Vec<Tampering> {
    let central = "medicalpro_central";
    vec![
        Tampering::new(
            "central has a column for patients' names",
            central,
            "ALTER TABLE medicalpro_central.invitations ADD COLUMN patient_name text",
            "ALTER TABLE medicalpro_central.invitations DROP COLUMN patient_name",
            &["central-columns"],
        ),
        Tampering::new(
            "central has a table of its own kind",
            central,
            "CREATE TABLE medicalpro_central.visits (patient_name text)",
            "DROP TABLE medicalpro_central.visits",
            &["central-columns", "central-as-migrated"],
        ),
        Tampering::new(
            "the server may change clinics' credentials",
            central,
            "GRANT UPDATE (db_host) ON medicalpro_central.companies TO medicalpro_api",
            "REVOKE UPDATE (db_host) ON medicalpro_central.companies FROM medicalpro_api",
            &["central-login", "central-as-migrated"],
        ),
        Tampering::new(
            "the guard of central's trail is off",
            central,
            "ALTER TABLE medicalpro_central.audit_logs DISABLE TRIGGER append_only",
            "ALTER TABLE medicalpro_central.audit_logs ENABLE TRIGGER append_only",
            &["central-guard", "central-as-migrated"],
        ),
        Tampering::new(
            "a clinic has another version's schema",
            central,
            format!("UPDATE medicalpro_central.companies SET schema_version = schema_version - 1 WHERE id = '{id}'"),
            format!("UPDATE medicalpro_central.companies SET schema_version = schema_version + 1 WHERE id = '{id}'"),
            &["schema-versions"],
        ),
    ]
}

#[tokio::test]
async fn where_central_names_no_clinic_nothing_was_shown() {
    let installation = Installation::of(0).await;
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, ended(&report, "incomplete")), (2, vec!["schema-versions".to_owned()]), "{report:#}");
}

#[tokio::test]
async fn each_wall_that_is_taken_away_is_noticed_and_named() {
    let installation = Installation::of(3).await;
    let admin = &installation.site.admin;
    assert_eq!(installation.report(&[]).await.0, 0, "control");
    let (own, other) = (installation.name(0), installation.name(1));
    let tamperings =
        at_a_clinic(&own).into_iter().chain(on_the_server(&own, &other)).chain(in_central(installation.id(0)));
    for Tampering { what, database, done, undone, noticed } in tamperings {
        let somebody = admin_client(admin, &database).await;
        somebody.batch_execute(&done).await.expect(what);
        let (code, report) = installation.report(&[]).await;
        somebody.batch_execute(&undone).await.expect(what);
        assert_eq!((code, &report["report"]["ending"]), (1, &json!("failed")), "{what}");
        assert_eq!(ended(&report, "failed"), in_order(&report, noticed), "{what}: {report:#}");
        assert_eq!(ended(&report, "incomplete"), Vec::<String>::new(), "{what}");
    }
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, ended(&report, "failed")), (0, vec![]), "all of it is restored");
}

/// The same, in the order of the report.
fn in_order(report: &Value, names: &[&str]) -> Vec<String> {
    let checks = report["report"]["checks"].as_array().unwrap();
    let all: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    for name in names {
        assert!(all.contains(name), "there is no check {name}");
    }
    all.into_iter().filter(|name| names.contains(name)).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_is_told_of_a_failure_says_where_it_is_and_how_to_mend_it() {
    let installation = Installation::of(3).await;
    let (own, other) = (installation.name(0), installation.name(1));
    let admin = admin_client(&installation.site.admin, "postgres").await;
    admin.batch_execute(&format!("GRANT CONNECT ON DATABASE {own} TO {other}")).await.unwrap();
    let page = std::env::temp_dir().join(format!("medicalpro-verify-{}.html", uuid::Uuid::now_v7().simple()));
    let (code, table, _) = installation.verify(&["--html", page.to_str().unwrap()]).await;
    let html = std::fs::read_to_string(&page).unwrap();
    std::fs::remove_file(&page).unwrap();
    assert_eq!(code, 1);
    let ids = [installation.id(0).to_string(), installation.id(1).to_string()];
    for text in [&table, &html] {
        for told in ["other-clinics", "it was allowed", &own, &ids[1], "REVOKE ALL ON DATABASE"] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
    assert!(table.contains("NOT isolated"), "{table}");
    let open = format!("<title>{} at {}: open</title>", ids[1], ids[0]);
    assert_eq!((html.matches("class=\"open\"").count(), html.contains(&open)), (1, true), "{html}");
}

#[tokio::test]
async fn what_a_managed_postgresql_leaves_open_is_a_warning_where_that_was_said() {
    let installation = Installation::of(2).await;
    let inside = installation.site.inside(installation.id(0)).await;
    inside
        .batch_execute("GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO PUBLIC")
        .await
        .unwrap();
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, ended(&report, "failed")), (1, vec!["text-as-sql".to_owned()]));
    let (code, report) = installation.report(&["--managed"]).await;
    assert_eq!((code, ended(&report, "failed")), (0, vec![]));
    // By an admin's session and by the bare login.
    assert_eq!(report["report"]["figures"]["warned"], 2, "{report:#}");
}

#[tokio::test]
async fn a_clinic_that_cannot_be_looked_at_is_not_passed() {
    let installation = Installation::of(3).await;
    let central = &installation.site.central;
    let (own, id) = (installation.name(0), installation.id(0));
    let incomplete = |report: &Value| ended(report, "incomplete");
    let sealed: String =
        central.query_one("SELECT db_password FROM companies WHERE id = $1", &[&id.0]).await.unwrap().get(0);

    // Another clinic's sealed password does not open at this place.
    let copy = "UPDATE companies SET db_password = (SELECT db_password FROM companies WHERE id = $2) WHERE id = $1";
    central.execute(copy, &[&id.0, &installation.id(1).0]).await.unwrap();
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, ended(&report, "failed")), (1, vec!["sealed-credentials".to_owned()]), "{report:#}");
    assert!(incomplete(&report).contains(&"signed-context".to_owned()), "{report:#}");
    assert!(incomplete(&report).contains(&"other-clinics".to_owned()), "{report:#}");
    let row =
        report["report"]["matrix"]["rows"].as_array().unwrap().iter().find(|row| row["clinic"] == json!(id)).unwrap();
    assert!(row["cells"].as_str().unwrap().chars().all(|cell| "?#".contains(cell)), "{row}");
    central.execute("UPDATE companies SET db_password = $2 WHERE id = $1", &[&id.0, &sealed]).await.unwrap();

    // Its login has another password: no positive control, so nothing that is refused says anything.
    let admin = admin_client(&installation.site.admin, "postgres").await;
    let verifier: String =
        admin.query_one("SELECT rolpassword FROM pg_authid WHERE rolname = $1", &[&own]).await.unwrap().get(0);
    admin.batch_execute(&format!("ALTER ROLE {own} PASSWORD 'intruder'")).await.unwrap();
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, ended(&report, "failed")), (1, vec!["own-database".to_owned()]), "{report:#}");
    assert!(incomplete(&report).contains(&"signed-context".to_owned()), "{report:#}");
    admin.batch_execute(&format!("ALTER ROLE {own} PASSWORD '{verifier}'")).await.unwrap();

    // Whoever works there has all of its connections: it waits, and in the end knows nothing.
    admin.batch_execute(&format!("ALTER ROLE {own} CONNECTION LIMIT 1")).await.unwrap();
    let held = until("the one connection", async || {
        let keys = medicalpro::secrets::MasterKeys::parse(MASTER_KEYS).unwrap();
        let config = api_url(&installation.site.admin).parse().unwrap();
        let tls = medicalpro::database::tls(None).unwrap();
        let central = medicalpro::central::Central::new(config, tls.clone(), 1).unwrap();
        let sealed = medicalpro::central::companies::credentials(&central, id).await.unwrap();
        let credentials = medicalpro::clinic::Credentials::open(&keys, &sealed).unwrap();
        let login = crate::isolation::by_hand::login(&credentials, &own);
        medicalpro::database::connect(&login, &tls).await.ok()
    })
    .await;
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, &report["report"]["ending"]), (2, &json!("incomplete")), "{report:#}");
    assert_eq!(ended(&report, "failed"), Vec::<String>::new());
    drop(held);
    // With one connection it is content.
    let (code, report) = installation.report(&[]).await;
    assert_eq!((code, incomplete(&report)), (0, vec![]), "{report:#}");
}

#[tokio::test]
async fn without_central_or_keys_nothing_is_verified() {
    let nowhere = "postgres://medicalpro_api:a-password-of-the-tests@127.0.0.1:1/medicalpro_central";
    for (settings, why) in [
        (
            vec![("MEDICALPRO_DATABASE_URL", nowhere), ("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)],
            "central cannot be verified",
        ),
        (vec![("MEDICALPRO_DATABASE_URL", nowhere)], "MEDICALPRO_MASTER_KEYS is missing"),
        (vec![("MEDICALPRO_MASTER_KEYS", MASTER_KEYS)], "MEDICALPRO_DATABASE_URL is missing"),
    ] {
        let (code, out, said) = run(["verify"], &settings).await;
        assert_eq!((code, &*out, said.contains(why)), (2, "", true), "{said}");
        assert!(!said.contains("a-password-of-the-tests"), "{said}");
    }
}
