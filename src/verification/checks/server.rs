//! What the server's catalog says of roles and databases, all clinics at once.

use crate::provisioning::schema;
use crate::verification::{Check, InCentral, Look, Tally};

const CONTROL: &str = "SELECT rolname::text FROM pg_roles WHERE rolname = 'medicalpro_api' AND rolcanlogin";

/// The name of a clinic's login, of its schema and database too.
macro_rules! clinic_name {
    () => {
        "'^medicalpro_clinic_[0-9a-f]{8}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{4}_[0-9a-f]{12}$'"
    };
}
/// The roles that a clinic's login may take.
macro_rules! session_roles {
    () => {
        "(SELECT oid FROM pg_roles WHERE rolname ~ '^medicalpro_(admin|manager|practitioner|nurse|secretary|readonly|worker|link)$')"
    };
}

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "run-time-roles",
        what: "looks at the attributes of every role of ours",
        expects: "none is superuser or replicates; only the rolemaker, which cannot log in, makes roles, only the provisioner databases; only the backup, which no \
                  process of ours has, bypasses row security",
        mend: "ALTER ROLE <role> NOSUPERUSER NOCREATEROLE NOBYPASSRLS …; `medicalpro bootstrap`, run again, sets those of the roles that are not clinics'.",
        hardening: false,
        look: Look::Central(|central| Box::pin(central.finds_nothing(CONTROL, ATTRIBUTES))),
    },
    Check {
        name: "memberships",
        what: "looks at which role may become, or inherits from, which",
        expects: "a clinic's login may take the session roles, and inherits nothing; nobody may become another's login",
        mend: "REVOKE <role> FROM <member>.",
        hardening: false,
        look: Look::Central(|central| Box::pin(central.finds_nothing(CONTROL, MEMBERSHIPS))),
    },
    Check {
        name: "login-settings",
        what: "looks at connection limits and at settings that roles and databases bring along",
        expects: "every clinic's login has a limit, its three time limits and nothing else",
        mend: "ALTER ROLE <role> RESET ALL, ALTER DATABASE <database> RESET ALL; then SELECT provisioning.create_clinic_role(…), as the worker does.",
        hardening: false,
        look: Look::Central(|central| Box::pin(central.finds_nothing(CONTROL, SETTINGS))),
    },
    Check {
        name: "database-rights",
        what: "looks at who may connect to, and create in, every database of the server",
        expects: "a clinic's database: its login and the backup connect; central: the server's login and the backup; PUBLIC: nowhere",
        mend: "REVOKE ALL ON DATABASE <database> FROM <role>.",
        hardening: false,
        look: Look::Central(|central| Box::pin(central.finds_nothing(CONTROL, DATABASES))),
    },
    Check {
        name: "schema-versions",
        what: "looks at which version of the clinics' schema each clinic has, by central's account",
        expects: "the newest that this binary knows: what it expects is expected of that",
        mend: "`medicalpro migrate`, or run the `verify` of the version that is installed.",
        hardening: false,
        look: Look::Central(|central| Box::pin(std::future::ready(versions(central)))),
    },
];

fn versions(central: &InCentral<'_>) -> Tally {
    let mut tally = Tally::default();
    let newest = schema::newest();
    if central.versions.is_empty() {
        tally.not_run("the clinics", "central names none that has a database: nothing of a clinic was tried");
    }
    for (clinic, version) in central.versions {
        let found = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        tally.expect(
            *version == Some(newest),
            format!("the version of clinic {clinic}"),
            format!("{found} instead of {newest}"),
        );
    }
    tally
}

const ATTRIBUTES: &[(&str, &str)] = &[
    (
        "attributes",
        concat!(
            "SELECT r.rolname || ' is ' || a.word FROM pg_roles r CROSS JOIN LATERAL (VALUES
                ('SUPERUSER', r.rolsuper, NULL), ('REPLICATION', r.rolreplication, NULL),
                ('CREATEROLE', r.rolcreaterole, '^medicalpro_rolemaker$'), ('CREATEDB', r.rolcreatedb, '^medicalpro_provisioner$'),
                ('BYPASSRLS', r.rolbypassrls, '^medicalpro_backup$'), ('INHERIT', r.rolinherit, '^medicalpro_backup$'),
                ('LOGIN', r.rolcanlogin, '^medicalpro_(api|provisioner|backup)$')) AS a (word, is_so, but)
              WHERE r.rolname ~ '^medicalpro_' AND a.is_so AND r.rolname !~ COALESCE(a.but, '^$')
                AND NOT (a.word = 'LOGIN' AND r.rolname ~ ",
            clinic_name!(),
            ")"
        ),
    ),
    (
        "logins of clinics",
        "SELECT wanted || ' is no login' FROM unnest({clinics}) AS wanted
          WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = wanted AND r.rolcanlogin)",
    ),
];

/// What may be: a clinic's login in the session roles; the provisioner in the owners; the rolemaker, who gives session roles on and made
/// the logins (from 16 on the maker of a role is its administrator, and may not become it); the backup; the server's administrators.
const MEMBERSHIPS: &[(&str, &str)] = &[(
    "memberships",
    concat!(
        "SELECT m.rolname || ' is a member of ' || g.rolname || CASE WHEN x.admin_option THEN ', and may give it on' ELSE '' END
                || CASE WHEN to_jsonb(x) ->> 'inherit_option' = 'true' THEN ', and inherits' ELSE '' END
           FROM pg_auth_members x JOIN pg_roles m ON m.oid = x.member JOIN pg_roles g ON g.oid = x.roleid
          WHERE (m.rolname ~ '^medicalpro_' OR g.rolname ~ '^medicalpro_')
            AND NOT CASE
                WHEN m.rolname ~ ",
        clinic_name!(),
        " THEN x.roleid IN ",
        session_roles!(),
        " AND NOT x.admin_option AND COALESCE(to_jsonb(x) ->> 'inherit_option', 'false') = 'false'
                WHEN m.rolname = 'medicalpro_provisioner' THEN g.rolname IN ('medicalpro_owner', 'medicalpro_audit', 'medicalpro_central_owner')
                WHEN m.rolname = 'medicalpro_rolemaker' THEN x.roleid IN ",
        session_roles!(),
        " OR g.rolname ~ ",
        clinic_name!(),
        " AND COALESCE(to_jsonb(x) ->> 'inherit_option', 'true') = 'false' AND COALESCE(to_jsonb(x) ->> 'set_option', 'true') = 'false'
                WHEN m.rolname = 'medicalpro_backup' THEN g.rolname = 'pg_read_all_data'
                WHEN m.rolname ~ '^medicalpro_' THEN false
                ELSE m.rolsuper OR m.rolcreaterole END"
    ),
)];

const SETTINGS: &[(&str, &str)] = &[
    (
        "connection limits",
        concat!(
            "SELECT rolname || ' has a connection limit of ' || rolconnlimit FROM pg_roles WHERE rolname ~ ",
            clinic_name!(),
            " AND rolconnlimit NOT BETWEEN 1 AND 1000"
        ),
    ),
    (
        "time limits",
        "SELECT wanted || ' has not ' || setting
           FROM unnest({clinics}) AS wanted, unnest(ARRAY['statement_timeout=30s', 'lock_timeout=10s', 'idle_in_transaction_session_timeout=60s']) AS setting
          WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = wanted)
            AND NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
                             WHERE r.rolname = wanted AND s.setdatabase = 0 AND setting = ANY (s.setconfig))",
    ),
    (
        "other settings",
        concat!(
            "SELECT COALESCE(r.rolname, 'every role') || ' in ' || COALESCE(d.datname, 'every database') || ' brings ' || split_part(setting, '=', 1)
               FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) AS setting
               LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
              WHERE (r.rolname ~ '^medicalpro_' OR d.datname ~ '^medicalpro_')
                AND NOT (r.rolname ~ ",
            clinic_name!(),
            " AND d.datname IS NULL AND split_part(setting, '=', 1) IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'))
                AND NOT (r.rolname IN ('medicalpro_api', 'medicalpro_provisioner') AND d.datname = 'medicalpro_central'
                         AND (setting = 'search_path=medicalpro_central, pg_temp'
                              OR split_part(setting, '=', 1) IN ('statement_timeout', 'idle_in_transaction_session_timeout')))"
        ),
    ),
];

const DATABASES: &[(&str, &str)] = &[
    (
        "rights",
        // A copy that is being made is closed, and nobody's yet.
        "SELECT d.datname || ': ' || COALESCE(g.rolname, 'PUBLIC') || ' may ' || x.privilege_type
           FROM pg_database d CROSS JOIN LATERAL aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) x
           LEFT JOIN pg_roles g ON g.oid = x.grantee
          WHERE x.grantee <> d.datdba
            AND CASE
                WHEN x.grantee = 0 THEN d.datallowconn OR d.datname = 'template0' OR d.datname ~ '^medicalpro_clinic_(base|template)'
                WHEN d.datname = ANY ({clinics}) THEN (g.rolname, x.privilege_type) NOT IN
                     ((d.datname, 'CONNECT'), ('medicalpro_backup', 'CONNECT'), ('medicalpro_owner', 'CREATE'))
                WHEN d.datname = 'medicalpro_central' THEN (g.rolname, x.privilege_type) NOT IN
                     (('medicalpro_api', 'CONNECT'), ('medicalpro_backup', 'CONNECT'))
                ELSE g.rolname ~ '^medicalpro_' AND g.rolname <> d.datname AND (g.rolname, x.privilege_type) NOT IN
                     (('medicalpro_backup', 'CONNECT'), ('medicalpro_owner', 'CREATE')) END",
    ),
    (
        "owners",
        "SELECT d.datname || ' is of ' || d.datdba::regrole::text FROM pg_database d
          WHERE d.datname ~ '^medicalpro_' AND d.datdba::regrole::text <> 'medicalpro_provisioner'",
    ),
];
