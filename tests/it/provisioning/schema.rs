//! The fast way, by the template, and the plain way, by the nine migrations, give the same database.

use medicalpro::ids::ClinicId;
use tokio_postgres::Config;

use super::site::Site;
use crate::support::admin_client;

/// What a clinic's database is made of, without what is the clinic's own: its name and its id. Asked of the catalog, since a
/// `pg_dump` may not be at hand, and refuses a server newer than itself.
pub async fn dump(admin: &Config, clinic: ClinicId) -> String {
    let name = clinic.database_name();
    let rows = admin_client(admin, &name).await.query(include_str!("schema.sql"), &[]).await.unwrap();
    let own = |line: &str| line.replace(&name, "<name>").replace(&clinic.to_string(), "<id>");
    let mut lines: Vec<String> = rows.iter().map(|row| own(row.get(0))).collect();
    lines.sort();
    lines.join("\n")
}

#[tokio::test]
async fn both_ways_give_the_same_schema() {
    let mut site = Site::new("template").await;
    let _server = site.server(25).await;
    let worker = site.worker().await;
    let (by_template, _) = site.registered("template").await;
    assert!(worker.terminate().await.0.success());
    site.way = "plain";
    let _worker = site.worker().await;
    let (plain, _) = site.registered("plain").await;

    let dumps = [dump(&site.admin, by_template).await, dump(&site.admin, plain).await];
    for part in [
        "schema <name>, owner medicalpro_owner, may {",
        "relation <name>.patients, kind r, owner medicalpro_owner, may {",
        "row security t forced t",
        "column <name>.patients no. 2 ",
        "constraint patients_pkey of <name>.patients",
        "policy {\"cmd\"",
        "CREATE OR REPLACE FUNCTION app.tenant(",
        "CREATE TRIGGER ",
        "function set_config(text,text,boolean), owner postgres, may {",
        "<id>",
    ] {
        assert!(dumps[0].contains(part), "control: {part} is in the dump");
    }
    let (one, other): (Vec<&str>, Vec<&str>) = (dumps[0].lines().collect(), dumps[1].lines().collect());
    let different = one.iter().zip(&other).position(|(one, other)| one != other);
    assert_eq!(different.map(|line| (one[line], other[line])), None, "the first line that differs");
    assert_eq!(one.len(), other.len());

    // What is said of the database elsewhere.
    let about = "SELECT pg_get_userbyid(datdba)::text, pg_encoding_to_char(encoding)::text, datcollate::text,
                        datallowconn, datistemplate, replace(datacl::text, datname, '<name>')
                   FROM pg_database WHERE datname = $1";
    let mut found = Vec::new();
    for clinic in [by_template, plain] {
        let row = site.central.query_one(about, &[&clinic.database_name()]).await.unwrap();
        let texts: [String; 4] = [row.get(0), row.get(1), row.get(2), row.get(5)];
        let flags: [bool; 2] = [row.get(3), row.get(4)];
        let history = "SELECT string_agg(version || name || checksum, ' ' ORDER BY version)
                         FROM app.refinery_schema_history";
        let ran: String = site.inside(clinic).await.query_one(history, &[]).await.unwrap().get(0);
        found.push((texts, flags, ran));
    }
    assert_eq!(found[0], found[1]);
    assert_eq!((&*found[0].0[0], found[0].1), ("medicalpro_provisioner", [true, false]));
    assert!(!found[0].0[3].contains("{=") && !found[0].0[3].contains(",="), "PUBLIC may do nothing: {}", found[0].0[3]);
}

/// A change of each kind, and what takes it back.
const CHANGES: [(&str, &str); 18] = [
    ("ALTER TABLE patients NO FORCE ROW LEVEL SECURITY", "ALTER TABLE patients FORCE ROW LEVEL SECURITY"),
    ("ALTER TABLE patients DISABLE ROW LEVEL SECURITY", "ALTER TABLE patients ENABLE ROW LEVEL SECURITY"),
    ("GRANT TRUNCATE ON patients TO medicalpro_link", "REVOKE TRUNCATE ON patients FROM medicalpro_link"),
    ("GRANT SELECT (id) ON patients TO medicalpro_link", "REVOKE SELECT (id) ON patients FROM medicalpro_link"),
    ("GRANT EXECUTE ON FUNCTION set_config TO PUBLIC", "REVOKE EXECUTE ON FUNCTION set_config FROM PUBLIC"),
    ("GRANT CREATE ON SCHEMA public TO PUBLIC", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
    ("GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC", "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC"),
    ("GRANT SELECT ON pg_database TO medicalpro_link", "REVOKE SELECT ON pg_database FROM medicalpro_link"),
    ("CREATE POLICY more ON patients USING (true)", "DROP POLICY more ON patients"),
    ("ALTER TABLE patients DISABLE TRIGGER ALL", "ALTER TABLE patients ENABLE TRIGGER ALL"),
    ("ALTER TABLE patients ADD more text", "ALTER TABLE patients DROP more"),
    (
        "ALTER TABLE patients ADD CONSTRAINT more_check CHECK (true) NOT VALID",
        "ALTER TABLE patients DROP CONSTRAINT more_check",
    ),
    ("CREATE INDEX more_index ON patients (id, last_name)", "DROP INDEX more_index"),
    ("CREATE VIEW more_view AS SELECT 1 AS one", "DROP VIEW more_view"),
    ("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'", "DROP FUNCTION more()"),
    ("CREATE TYPE more_type AS ENUM ('one')", "DROP TYPE more_type"),
    ("CREATE CAST (uuid AS int) WITH INOUT", "DROP CAST (uuid AS int)"),
    (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC",
    ),
];

#[tokio::test]
async fn a_change_to_one_clinic_shows_in_its_dump() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let ((one, _), (other, _)) = (site.registered("one").await, site.registered("other").await);
    let right = dump(&site.admin, other).await;
    assert!(dump(&site.admin, one).await == right);
    let database = site.inside(one).await;
    let mut before = right.clone();
    for (change, _) in CHANGES {
        database.batch_execute(change).await.unwrap();
        let after = dump(&site.admin, one).await;
        assert!(after != before, "{change}");
        before = after;
    }
    for (_, back) in CHANGES {
        database.batch_execute(back).await.unwrap();
    }
    assert!(dump(&site.admin, one).await == right, "control: the changes were all there was");
}
