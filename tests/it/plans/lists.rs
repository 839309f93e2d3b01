//! Every list, in every order and with every filter that its statement has: read from an index, in order.

use std::collections::{BTreeMap, BTreeSet};

use medicalpro::ids::Role;
use medicalpro::resources;
use tokio_postgres::Client;

use super::explain;
use crate::statements::become_role;
use crate::support::{Clinic, World};

/// Rows of each table that a list reads.
const ROWS: u32 = 20_000;

/// Lists that may sort, or read a table from end to end, and why. What stands here is looked for in the statement's name and text.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    // A clinic has dozens of these, not thousands; their first pages of what is not archived are read from an index all the same.
    ("categories::LIST", "deleted_at IS NOT NULL", "a few dozen, of which few are archived"),
    ("closures::LIST", "", "a few dozen"),
    ("facilities::statements::LIST", "deleted_at IS NOT NULL", "a handful, of which few are archived"),
    ("practitioners::statements::LIST", "", "a few dozen"),
    (
        "slots::statements::LIST",
        "",
        "all practitioners, facilities and closures of a clinic: tests/it/resources/slots/plans.rs holds the rest to it",
    ),
    ("calendar_links::LIST", "", "one practitioner's"),
    ("availability::LIST", "", "one practitioner's"),
    ("practitioners::services::LIST", "", "one practitioner's"),
    ("appointments::statements::LIST", "ORDER BY a.created_at", "those of one patient, practitioner, room or facility"),
    ("products::statements::LIST", "", "sorts the categories of each product of a page"),
    ("duplicates::statements::PAIRS_LIST", "", "sorts what one page shares"),
    ("patients::statements::LIST", "birth_date = $2", "as many were born on a day as fit on a page"),
    (
        "patients::statements::SEARCH_LIST",
        "",
        "what words find is put in order: tests/it/plans/patients.rs holds it to that",
    ),
];

/// Rows in all of these tables, of whatever their columns take. Nothing refers to anything: a list's plan follows from how many rows
/// have a value, and which that is does not matter.
async fn lay_in(clinic: &Clinic<'_>, database: &Client, tables: &BTreeSet<String>) {
    database.batch_execute("SET session_replication_role = replica").await.unwrap();
    for table in tables {
        let columns = "SELECT attname::text, format_type(atttypid, NULL), attnotnull,
                              ARRAY(SELECT DISTINCT m[1] FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([^'']+)''::text', 'g') m
                                     WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum]
                                       AND pg_get_constraintdef(c.oid) ~ 'ANY|IN')
                         FROM pg_attribute a
                        WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''";
        let columns = database.query(columns, &[&table]).await.unwrap();
        let columns: Vec<(String, String)> = columns
            .iter()
            .map(|row| (row.get(0), value(clinic, row.get(0), row.get(1), row.get(2), &row.get::<_, Vec<String>>(3))))
            .collect();
        let names: Vec<&str> = columns.iter().map(|(name, _)| &**name).collect();
        let values: Vec<&str> = columns.iter().map(|(_, value)| &**value).collect();
        let lay = format!(
            "DO $$ DECLARE one name; BEGIN
                FOR one IN SELECT conname FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype IN ('c', 'x') LOOP
                    EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', one);
                END LOOP;
             END $$;
             INSERT INTO {table} ({}) SELECT {} FROM generate_series(1, {ROWS}) AS n ON CONFLICT DO NOTHING",
            names.join(", "),
            values.join(", "),
        );
        database.batch_execute(&lay).await.unwrap_or_else(|error| panic!("{table}: {:?}", error.as_db_error()));
        database.batch_execute(&format!("VACUUM ANALYZE {table}")).await.unwrap();
    }
}

/// An expression of `n` for a column: different keys, many rows for each reference, few of what is deleted.
fn value(clinic: &Clinic<'_>, name: &str, kind: &str, required: bool, words: &[String]) -> String {
    let dice = format!("abs(hashtext(n || '{name}'))");
    match (name, kind) {
        ("company_id", _) => format!("'{}'::uuid", clinic.id),
        ("id", "uuid") => "gen_random_uuid()".to_owned(),
        ("deleted_at" | "merged_into_id" | "erased_at" | "revoked_at", _) if !required => {
            let value = if kind == "uuid" { "gen_random_uuid()" } else { "now()" };
            format!("CASE WHEN n % 50 = 0 THEN {value} END")
        }
        ("active", _) => "n % 20 <> 0".to_owned(),
        (_, "uuid") => format!("md5(({dice} % 40)::text)::uuid"),
        (_, "text") if !words.is_empty() => format!("(ARRAY['{}'])[1 + {dice} % {}]", words.join("', '"), words.len()),
        (_, "text" | "character varying") => format!("md5(n || '{name}')"),
        (_, "boolean") => format!("{dice} % 10 = 0"),
        (_, "smallint" | "integer" | "bigint" | "numeric") => format!("1 + {dice} % 7"),
        (_, "date") => format!("date '2020-01-01' + {dice} % 3000"),
        (_, "timestamp with time zone") => format!("now() - {dice} % 1000000 * interval '1 minute'"),
        (_, "time without time zone") => format!("time '08:00' + {dice} % 600 * interval '1 minute'"),
        (_, "jsonb") => "'[]'::jsonb".to_owned(),
        (_, "bytea") => format!("sha256((n || '{name}')::bytea)"),
        (_, array) if array.ends_with("[]") => format!("'{{}}'::{array}"),
        (_, _) if !required => "NULL".to_owned(),
        (_, other) => panic!("{name}: what is a {other}?"),
    }
}

#[tokio::test]
async fn every_list_in_every_order_is_read_from_an_index() {
    let world = World::start().await;
    let clinic = world.clinic("lists").await;
    let database = clinic.database().await;
    let lists: Vec<_> = resources::statements().into_iter().filter(|one| one.name.ends_with("LIST")).collect();
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
    let tables: Vec<String> = database.query(tables, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let words = |text: &str| {
        text.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let read: BTreeSet<String> =
        lists.iter().flat_map(|list| words(&list.variants().concat())).filter(|word| tables.contains(word)).collect();
    assert!(read.contains("patients"), "{read:?}");
    lay_in(&clinic, &database, &read).await;

    let mut wrong = BTreeMap::new();
    let mut looked_at = 0;
    for role in Role::ALL {
        let schema = clinic.id.database_name();
        become_role(&database, &clinic, role.session_role()).await;
        for list in lists.iter().filter(|list| list.run_by.contains(&role)) {
            for text in list.variants() {
                let sized = ["LIMIT 21", "LIMIT 101", "LIMIT 51"].iter().any(|size| text.contains(size));
                let excepted = |(name, part, _): &&(&str, &str, &str)| list.name.ends_with(name) && text.contains(part);
                if sized || EXCEPTIONS.iter().any(|exception| excepted(&exception)) {
                    continue;
                }
                let parameters = database.prepare(&text).await.unwrap().params().len();
                let plan = plan(&database, &text, &vec!["NULL"; parameters].join(", ")).await;
                // It has one row.
                let plan = plan.replace(&format!("Seq Scan on {schema}.clinic_settings"), "clinic_settings");
                if !plan.contains("app.tenant") || plan.contains("Seq Scan on ") || plan.contains("Sort  (") {
                    wrong.entry(list.name).or_insert(format!("{text}\n{plan}"));
                }
                looked_at += 1;
            }
        }
        database.batch_execute("ROLLBACK").await.unwrap();
    }
    let told: Vec<String> = wrong.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    assert!(wrong.is_empty(), "{:?}\n{}", wrong.keys(), told.join("\n\n"));
    assert!(looked_at > 50, "only {looked_at}");

    // This test can fail: an order that no index has.
    let unordered = "SELECT id, app.tenant(current_user) FROM patients WHERE company_id = $1 ORDER BY city LIMIT 11";
    database.batch_execute("BEGIN").await.unwrap();
    assert!(plan(&database, unordered, "NULL").await.contains("Sort  ("));
}

async fn plan(database: &Client, text: &str, arguments: &str) -> String {
    let mut statements = explain(text, arguments, "VERBOSE");
    let explained = statements.split_off(statements.find("EXPLAIN").unwrap());
    let (explained, end) = explained.split_once("; DEALLOCATE").unwrap();
    database.batch_execute(&statements).await.unwrap();
    let rows = database.query(explained, &[]).await.unwrap();
    database.batch_execute(&format!("DEALLOCATE{end}")).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n")
}
