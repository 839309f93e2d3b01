//! The fast way, by the template, and the plain way, by the nine migrations, give the same database.

use std::path::{Path, PathBuf};

use medicalpro::ids::ClinicId;
use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::site::Site;

/// The schema of a clinic's database as `pg_dump` writes it, without what is the clinic's own: its name and its id.
pub async fn dump(admin: &Config, clinic: ClinicId) -> String {
    let Some(Host::Tcp(host)) = admin.get_hosts().first() else { panic!("a host") };
    let name = clinic.database_name();
    let output = Command::new(pg_dump())
        .args(["--schema-only", "--host", host, "--port", &admin.get_ports()[0].to_string()])
        .args(["--username", admin.get_user().unwrap(), "--dbname", &name])
        .env("PGPASSWORD", std::str::from_utf8(admin.get_password().unwrap()).unwrap())
        .output()
        .await
        .expect("pg_dump runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    // A dump restricts psql by a word of its own, each time another.
    let lines = text.lines().filter(|line| !line.starts_with(r"\restrict") && !line.starts_with(r"\unrestrict"));
    lines.collect::<Vec<_>>().join("\n").replace(&name, "<name>").replace(&clinic.to_string(), "<id>")
}

/// Beside the server that is tested with, as `embedded` finds it; else the newest.
fn pg_dump() -> PathBuf {
    for variable in ["MEDICALPRO_PG_BINDIR", "PG_BINDIR"] {
        if let Some(directory) = std::env::var_os(variable).filter(|directory| !directory.is_empty()) {
            return Path::new(&directory).join("pg_dump");
        }
    }
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = installed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or_else(|| "pg_dump".into(), |version| format!("/usr/lib/postgresql/{version}/bin/pg_dump").into())
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
    for part in ["CREATE SCHEMA <name>", "CREATE TABLE <name>.patients", "<id>", "FORCE ROW LEVEL SECURITY", "GRANT "] {
        assert!(dumps[0].contains(part), "control: {part} is in the dump");
    }
    let (one, other): (Vec<&str>, Vec<&str>) = (dumps[0].lines().collect(), dumps[1].lines().collect());
    let different = one.iter().zip(&other).position(|(one, other)| one != other);
    assert_eq!(different.map(|line| (one[line], other[line])), None, "the first line that differs");
    assert_eq!(one.len(), other.len());

    // What a dump of the schema does not tell.
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

#[tokio::test]
async fn a_change_to_one_clinic_shows_in_its_dump() {
    let mut site = Site::new("template").await;
    let (_server, _worker) = (site.server(25).await, site.worker().await);
    let ((one, _), (other, _)) = (site.registered("one").await, site.registered("other").await);
    assert!(dump(&site.admin, one).await == dump(&site.admin, other).await);
    for change in ["ALTER TABLE patients NO FORCE ROW LEVEL SECURITY", "GRANT SELECT ON patients TO medicalpro_link"] {
        let before = dump(&site.admin, one).await;
        site.inside(one).await.batch_execute(change).await.unwrap();
        assert!(dump(&site.admin, one).await != before, "{change}");
    }
}
