//! Who may do what, read from the catalogue of a freshly made clinic and of central: a forgotten or superfluous GRANT shows as a
//! difference to the snapshots beside this file. What holds of every table is asserted, not pictured.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use medicalpro::verification::expected;
use tokio_postgres::Client;

use crate::support::{Clinic, World};

/// What every ACL of these schemas grants to others than the owner: object, grantee, privilege, column (or nothing).
const GRANTS: &str = "
    WITH objects AS (
        SELECT c.oid, c.relkind, c.relname::text AS name, n.nspname, c.relowner AS owner, c.relacl AS acl, NULL AS col
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'v', 'm', 'S', 'p', 'f')
        UNION ALL
        SELECT c.oid, c.relkind, c.relname::text, n.nspname, c.relowner, a.attacl, a.attname::text
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE a.attacl IS NOT NULL AND NOT a.attisdropped)
    SELECT CASE o.nspname WHEN $1 THEN o.name ELSE o.nspname || '.' || o.name END,
           COALESCE(r.rolname::text, 'PUBLIC'), x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END,
           o.col
      FROM objects o CROSS JOIN LATERAL aclexplode(o.acl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
     WHERE o.nspname = ANY ($2) AND x.grantee <> o.owner
     ORDER BY 1, 2, 3, 4";

/// Object → privileges → who holds exactly these.
type Matrix = BTreeMap<String, BTreeMap<String, Vec<String>>>;

async fn matrix(client: &Client, schema: &str, schemas: &[&str]) -> Matrix {
    let mut held: BTreeMap<(String, String), BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for row in client.query(GRANTS, &[&schema, &schemas]).await.unwrap() {
        let (object, grantee, privilege, column): (String, String, String, Option<String>) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        held.entry((object, grantee)).or_default().entry(privilege).or_default().extend(column);
    }
    let mut matrix = Matrix::new();
    for ((object, grantee), privileges) in held {
        let rights: Vec<String> = privileges
            .into_iter()
            .map(|(privilege, columns)| match &columns[..] {
                [] => privilege,
                columns => format!("{privilege} ({})", columns.join(", ")),
            })
            .collect();
        let rights = rights.join("\n      ");
        let grantee = grantee.trim_start_matches("medicalpro_").to_owned();
        matrix.entry(object).or_default().entry(rights).or_default().push(grantee);
    }
    matrix
}

fn picture(matrix: &Matrix) -> String {
    let mut text = String::new();
    for (object, rights) in matrix {
        writeln!(text, "{object}").unwrap();
        for (rights, grantees) in rights {
            writeln!(text, "  {}:\n      {rights}", grantees.join(", ")).unwrap();
        }
    }
    text
}

/// One line a row, columns by two spaces.
async fn lines(client: &Client, sql: &str, schema: &str) -> String {
    let rows = client.query(sql, &[&schema]).await.unwrap();
    let line = |row: &tokio_postgres::Row| {
        let parts = (0..row.len()).filter_map(|n| row.get::<_, Option<String>>(n)).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join("  ").replace(schema, "<clinic>").replace("medicalpro_", "")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A freshly made clinic: its catalogue, and its schema's name.
async fn fresh(world: &World) -> (Clinic<'_>, Client, String) {
    let clinic = world.clinic("matrix").await;
    let (client, name) = (clinic.database().await, clinic.id.database_name());
    (clinic, client, name)
}

#[tokio::test]
async fn the_matrix_of_roles_tables_and_operations_is_as_committed() {
    let world = World::start().await;
    let (_, client, name) = fresh(&world).await;
    insta::assert_snapshot!(
        "clinic_tables",
        picture(&matrix(&client, &name, &[&name, "app", "public", "extensions"]).await)
    );
    let central = world.central().await;
    let tables = matrix(&central, "medicalpro_central", &["medicalpro_central", "provisioning", "public"]).await;
    insta::assert_snapshot!("central_tables", picture(&tables));
}

#[tokio::test]
async fn policies_functions_schemas_databases_and_roles_are_as_committed() {
    let world = World::start().await;
    let (_, client, name) = fresh(&world).await;
    let policies = "
        SELECT p.tablename::text, p.policyname::text, lower(p.permissive), p.cmd, array_to_string(p.roles, ','),
               'USING ' || p.qual, 'CHECK ' || p.with_check
          FROM pg_policies p WHERE p.schemaname = $1 OR p.schemaname = 'app' ORDER BY p.tablename, p.policyname";
    insta::assert_snapshot!("clinic_policies", lines(&client, policies, &name).await);
    // Whom PUBLIC is among, and who owns: `proacl` NULL would mean EXECUTE to PUBLIC.
    let functions = "
        SELECT p.oid::regprocedure::text, 'of ' || pg_get_userbyid(p.proowner), CASE WHEN p.prosecdef THEN 'DEFINER' END,
               array_to_string(p.proconfig, ', '), CASE WHEN p.prosqlbody IS NOT NULL THEN 'ATOMIC' END,
               'for ' || COALESCE((SELECT string_agg(COALESCE(r.rolname::text, 'PUBLIC'), ',' ORDER BY r.rolname)
                                     FROM aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) x
                                     LEFT JOIN pg_roles r ON r.oid = x.grantee WHERE x.grantee <> p.proowner), 'nobody')
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname IN ('app', 'public', 'provisioning', 'medicalpro_central', $1) ORDER BY 1";
    insta::assert_snapshot!("clinic_functions", lines(&client, functions, &name).await);
    let central = world.central().await;
    insta::assert_snapshot!("central_functions", lines(&central, functions, &name).await);
    let schemas = "
        SELECT 'schema ' || n.nspname, 'of ' || pg_get_userbyid(n.nspowner),
               COALESCE(string_agg(COALESCE(r.rolname::text, 'PUBLIC') || ' ' || x.privilege_type, ', '
                                   ORDER BY r.rolname, x.privilege_type) FILTER (WHERE x.grantee <> n.nspowner), 'nobody else')
          FROM pg_namespace n LEFT JOIN LATERAL aclexplode(n.nspacl) x ON true LEFT JOIN pg_roles r ON r.oid = x.grantee
         WHERE n.nspname <> ALL (ARRAY['pg_catalog', 'pg_toast', 'information_schema']) AND n.nspname <> '' AND $1 <> ''
           AND n.nspname !~ '^pg_(toast_)?temp'
         GROUP BY n.nspname, n.nspowner
        UNION ALL
        SELECT 'database ' || d.datname, 'of ' || pg_get_userbyid(d.datdba),
               COALESCE(string_agg(COALESCE(r.rolname::text, 'PUBLIC') || ' ' || x.privilege_type, ', '
                                   ORDER BY r.rolname, x.privilege_type) FILTER (WHERE x.grantee <> d.datdba), 'nobody else')
          FROM pg_database d LEFT JOIN LATERAL aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) x ON true
          LEFT JOIN pg_roles r ON r.oid = x.grantee
         WHERE d.datname = ANY (ARRAY['postgres', 'template0', 'template1', 'medicalpro_central', 'medicalpro_clinic_base', $1])
         GROUP BY d.datname, d.datdba
         ORDER BY 1";
    let superuser = format!("of {}", world.admin.get_user().unwrap());
    insta::assert_snapshot!(
        "clinic_schemas_and_databases",
        lines(&client, schemas, &name).await.replace(&superuser, "of <superuser>")
    );
    let roles = "
        SELECT r.rolname::text, CASE WHEN r.rolcanlogin THEN 'LOGIN' END, CASE WHEN r.rolinherit THEN 'INHERIT' END,
               CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
               CASE WHEN r.rolcreatedb THEN 'CREATEDB' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
               CASE WHEN r.rolreplication THEN 'REPLICATION' END,
               'in ' || (SELECT string_agg(DISTINCT g.rolname::text, ',' ORDER BY g.rolname::text)
                           FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                          WHERE m.member = r.oid AND g.rolname NOT LIKE 'medicalpro\\_clinic\\_%')
          FROM pg_roles r
         WHERE r.rolname LIKE 'medicalpro\\_%' AND (r.rolname NOT LIKE 'medicalpro\\_clinic\\_%' OR r.rolname = $1)
         ORDER BY r.rolname";
    insta::assert_snapshot!("roles", lines(&client, roles, &name).await);
}

/// Part of the binary: what `medicalpro verify` holds clinics and central to.
#[tokio::test]
async fn what_verify_expects_is_as_the_migrations_give_it() {
    let world = World::start().await;
    let (clinic, client, _) = fresh(&world).await;
    let central = world.central().await;
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../src/verification/expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
    for (name, lines) in [
        ("clinic", expected::of_clinic(&client, clinic.id).await),
        ("central", expected::of_central(&central).await),
        ("columns", expected::columns_of_central(&central).await),
    ] {
        insta::assert_snapshot!(name, lines.unwrap().join("\n"));
    }
}

/// Names that a query found; none are wanted.
async fn found(client: &Client, sql: &str) -> Vec<String> {
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

const TABLES: &str = "
    SELECT c.relname::text FROM pg_class c
     WHERE c.relkind IN ('r', 'p', 'm', 'f') AND c.relnamespace = current_schema()::regnamespace";

#[tokio::test]
async fn every_table_of_a_clinic_has_its_company_and_forced_row_security() {
    let world = World::start().await;
    let (_, client, _) = fresh(&world).await;
    assert!(found(&client, TABLES).await.len() > 25, "control: there are tables");
    let without_company = format!(
        "{TABLES} AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'company_id' AND a.attnotnull)"
    );
    let unforced = format!("{TABLES} AND NOT (c.relrowsecurity AND c.relforcerowsecurity)");
    let unbound = format!(
        "{TABLES} AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
                                     AND pg_get_expr(p.polqual, c.oid) LIKE '%company_id = ( SELECT app.tenant(CURRENT_USER)%'
                                     AND pg_get_expr(p.polwithcheck, c.oid) = pg_get_expr(p.polqual, c.oid))"
    );
    let free_key = format!(
        "{TABLES} AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                                   WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'company_id')"
    );
    let unchecked = format!(
        "{TABLES} AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
                                     AND pg_get_constraintdef(k.oid) LIKE '%company_id = app.clinic_id()%')"
    );
    // A unique or foreign key over fewer columns than company_id and more would tell of, or reach, another clinic's rows.
    let keys = format!(
        "SELECT k.conname::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'
          WHERE k.contype IN ('f', 'u', 'p') AND a.attnum <> ALL (k.conkey) AND c.relname IN ({TABLES})"
    );
    let others = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
                     AND n.nspname <> current_schema() ORDER BY 1";
    for (what, sql) in [
        ("has no company_id", &without_company),
        ("does not force row security", &unforced),
        ("is bound to no tenant", &unbound),
        ("is not keyed by company_id", &free_key),
        ("does not check company_id", &unchecked),
        ("is a key without company_id", &keys),
    ] {
        assert_eq!(found(&client, sql).await, Vec::<String>::new(), "{what}");
    }
    assert_eq!(
        found(&client, others).await,
        ["app.context_key", "app.refinery_schema_history"],
        "the only tables beside"
    );

    // Each of these finds a table that is made wrong.
    client
        .batch_execute(
            "BEGIN; CREATE TABLE wrong (id int PRIMARY KEY, company_id uuid UNIQUE); CREATE TABLE worse (id int)",
        )
        .await
        .unwrap();
    for sql in [&without_company, &unforced, &unbound, &free_key, &unchecked] {
        assert!(found(&client, sql).await.contains(&"worse".to_owned()), "control: {sql}");
    }
    assert_eq!(found(&client, &keys).await, ["wrong_pkey"], "control");
    client.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test]
async fn views_ask_as_their_reader_and_definers_pin_what_they_name() {
    let world = World::start().await;
    let (_, client, name) = fresh(&world).await;
    let views = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')";
    assert!(!found(&client, views).await.is_empty(), "control");
    let unsafe_views = format!("{views} AND NOT COALESCE('security_invoker=true' = ANY (c.reloptions), false)");
    assert_eq!(found(&client, &unsafe_views).await, Vec::<String>::new());
    let definers = format!(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
          WHERE n.nspname IN ('app', '{name}') AND p.prosecdef"
    );
    assert!(found(&client, &definers).await.len() > 10, "control");
    let unpinned = format!(
        "{definers} AND p.prosqlbody IS NULL AND NOT 'search_path=pg_catalog, pg_temp' = ANY (COALESCE(p.proconfig, '{{}}'))"
    );
    assert_eq!(found(&client, &unpinned).await, Vec::<String>::new());
}

#[tokio::test]
async fn public_and_the_bare_login_hold_nothing_in_a_clinics_database() {
    let world = World::start().await;
    let (_, client, name) = fresh(&world).await;
    let schemas = format!("ARRAY['app', 'public', 'extensions', '{name}']");
    for who in ["public", &name] {
        let relations = format!(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = ANY ({schemas}) AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
                AND (has_table_privilege('{who}', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                     OR has_any_column_privilege('{who}', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))"
        );
        assert_eq!(found(&client, &relations).await, Vec::<String>::new(), "{who}");
        let functions = format!(
            "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
              WHERE n.nspname IN ('app', 'public', '{name}') AND has_function_privilege('{who}', p.oid, 'EXECUTE')"
        );
        assert_eq!(found(&client, &functions).await, Vec::<String>::new(), "{who}");
        let usable =
            format!("SELECT s FROM unnest({schemas}) s WHERE has_schema_privilege('{who}', s, 'USAGE, CREATE')");
        assert_eq!(found(&client, &usable).await, Vec::<String>::new(), "{who}");
    }
    let control = "SELECT 'x' WHERE has_table_privilege('medicalpro_admin', 'patients', 'SELECT') AND has_schema_privilege('medicalpro_admin', 'app', 'USAGE')";
    assert_eq!(found(&client, control).await, ["x"], "control");
}

#[tokio::test]
async fn every_foreign_key_has_an_index() {
    // The index's first columns are the key's, in any order; a partial one may leave out only rows that refer to nothing.
    const BARE: &str = "
        SELECT k.conname::text FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
         WHERE k.contype = 'f' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
           AND NOT EXISTS (
               SELECT FROM pg_index i
                WHERE i.indrelid = k.conrelid AND i.indisvalid
                  AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
                  AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$'))";
    const ALL: &str = "SELECT k.conname::text FROM pg_constraint k WHERE k.contype = 'f'";
    let world = World::start().await;
    let (_, client, _) = fresh(&world).await;
    let central = world.central().await;
    for client in [&client, &central] {
        assert!(found(client, ALL).await.len() > 10, "control: there are foreign keys");
        assert_eq!(found(client, BARE).await, Vec::<String>::new());
    }
    client.batch_execute("BEGIN; DROP INDEX rooms_facility_id_idx, rooms_name_key").await.unwrap();
    assert_eq!(found(&client, BARE).await, ["rooms_facility_id_fkey"], "control");
    client.batch_execute("ROLLBACK").await.unwrap();
}
