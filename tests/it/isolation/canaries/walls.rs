//! The walls, and who notices that one is gone.

use super::Probe::{self, Catalogue, Context, Doors, Jobs, Kept, Login, Plans, Rows, Server, Trail};

/// A wall: what takes it away and what puts it back, by the administrator in the clinic's database (`{a}` is its name, `{b}` the other's,
/// `{app.…}` a function as it was); and who notices.
pub(super) struct Wall {
    pub name: &'static str,
    pub down: &'static str,
    pub up: &'static str,
    pub noticed: &'static [Probe],
}

pub(super) const WALLS: &[Wall] = &[
    Wall {
        name: "a policy, dropped",
        down: "DROP POLICY tenant ON patients",
        up: "CREATE POLICY tenant ON patients AS RESTRICTIVE USING (company_id = (SELECT app.tenant(current_user)))
             WITH CHECK (company_id = (SELECT app.tenant(current_user)))",
        noticed: &[Catalogue],
    },
    Wall {
        name: "a policy, true",
        down: "ALTER POLICY tenant ON patients USING (true) WITH CHECK (true)",
        up: "ALTER POLICY tenant ON patients USING (company_id = (SELECT app.tenant(current_user)))
             WITH CHECK (company_id = (SELECT app.tenant(current_user)))",
        noticed: &[Catalogue],
    },
    Wall {
        name: "the policy of plans",
        down: "ALTER POLICY planned ON patients USING (true)",
        up: "ALTER POLICY planned ON patients
             USING (company_id <> '00000000-0000-0000-0000-000000000000' OR company_id = app.tenant(current_user))",
        noticed: &[Catalogue, Plans],
    },
    Wall {
        name: "row security",
        down: "ALTER TABLE patients DISABLE ROW LEVEL SECURITY",
        up: "ALTER TABLE patients ENABLE ROW LEVEL SECURITY",
        noticed: &[Catalogue, Context, Plans],
    },
    Wall {
        name: "row security of the owner",
        down: "ALTER TABLE patients NO FORCE ROW LEVEL SECURITY",
        up: "ALTER TABLE patients FORCE ROW LEVEL SECURITY",
        noticed: &[Catalogue],
    },
    Wall {
        name: "the check of the context",
        down: "CREATE OR REPLACE FUNCTION app.tenant(cur name) RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER
               AS 'BEGIN RETURN app.clinic_id(); END'",
        up: "{app.tenant}",
        noticed: &[Catalogue, Context, Plans],
    },
    Wall {
        name: "the signature of the context",
        down: "CREATE OR REPLACE FUNCTION app.verified_context(cur name) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
               DECLARE
                   part text[] := string_to_array(current_setting('app.ctx', true), '|');
               BEGIN
                   IF part[6] IS NULL THEN
                       RAISE EXCEPTION 'none' USING ERRCODE = 'MP001';
                   END IF;
                   RETURN part;
               END $$",
        up: "{app.verified_context}",
        noticed: &[Catalogue, Context],
    },
    Wall {
        name: "a grant, to a job",
        down: "GRANT SELECT ON medical_records TO medicalpro_secretary",
        up: "REVOKE SELECT ON medical_records FROM medicalpro_secretary",
        noticed: &[Catalogue, Jobs],
    },
    Wall {
        name: "grants, to everybody",
        down: "GRANT USAGE ON SCHEMA {a}, app TO PUBLIC; GRANT SELECT ON patients TO PUBLIC",
        up: "REVOKE USAGE ON SCHEMA {a}, app FROM PUBLIC; REVOKE SELECT ON patients FROM PUBLIC",
        noticed: &[Catalogue],
    },
    Wall {
        name: "the closed catalogue",
        down: "GRANT EXECUTE ON FUNCTION set_config(text, text, boolean), query_to_xml(text, boolean, boolean, text) TO PUBLIC;
               GRANT SELECT ON pg_database TO PUBLIC",
        up: "REVOKE EXECUTE ON FUNCTION set_config(text, text, boolean), query_to_xml(text, boolean, boolean, text) FROM PUBLIC;
             REVOKE SELECT ON pg_database FROM PUBLIC",
        noticed: &[Catalogue, Server],
    },
    Wall {
        name: "the audit trigger",
        down: "ALTER TABLE patients DISABLE TRIGGER audit",
        up: "ALTER TABLE patients ENABLE TRIGGER audit",
        noticed: &[Catalogue, Trail],
    },
    Wall {
        name: "the trail's own trigger",
        down: "ALTER TABLE audit_logs DISABLE TRIGGER append_only",
        up: "ALTER TABLE audit_logs ENABLE TRIGGER append_only",
        noticed: &[Catalogue, Kept],
    },
    Wall {
        name: "the CHECK of a row's clinic",
        down: "ALTER TABLE patients RENAME CONSTRAINT patients_company_id_check TO before;
               ALTER TABLE patients DROP CONSTRAINT before",
        up: "ALTER TABLE patients ADD CONSTRAINT patients_company_id_check CHECK (company_id = app.clinic_id())",
        noticed: &[Catalogue, Rows],
    },
    Wall {
        name: "NOINHERIT",
        down: "ALTER ROLE {a} INHERIT",
        up: "ALTER ROLE {a} NOINHERIT",
        noticed: &[Login],
    },
    Wall {
        name: "the limit of connections",
        down: "ALTER ROLE {a} CONNECTION LIMIT -1",
        up: "ALTER ROLE {a} CONNECTION LIMIT {limit}",
        noticed: &[Login],
    },
    Wall {
        name: "the limits of time",
        down: "ALTER ROLE {a} RESET ALL",
        up: "ALTER ROLE {a} SET statement_timeout = '30s'; ALTER ROLE {a} SET lock_timeout = '10s';
             ALTER ROLE {a} SET idle_in_transaction_session_timeout = '60s'",
        noticed: &[Login],
    },
    Wall {
        name: "a login that may become the owner",
        down: "GRANT medicalpro_owner TO {a}",
        up: "REVOKE medicalpro_owner FROM {a}",
        noticed: &[Login, Server],
    },
    Wall {
        name: "a login that no policy holds",
        down: "ALTER ROLE {a} BYPASSRLS",
        up: "ALTER ROLE {a} NOBYPASSRLS",
        noticed: &[Login],
    },
    Wall {
        name: "CONNECT, for everybody",
        down: "GRANT CONNECT ON DATABASE {a} TO PUBLIC",
        up: "REVOKE CONNECT ON DATABASE {a} FROM PUBLIC",
        noticed: &[Doors],
    },
    Wall {
        name: "CONNECT, for another clinic",
        down: "GRANT CONNECT ON DATABASE {a} TO {b}",
        up: "REVOKE CONNECT ON DATABASE {a} FROM {b}",
        noticed: &[Doors],
    },
    Wall {
        name: "TEMP, for everybody",
        down: "GRANT TEMP ON DATABASE {a} TO PUBLIC",
        up: "REVOKE TEMP ON DATABASE {a} FROM PUBLIC",
        noticed: &[Doors, Server],
    },
];
