-- Once per server, in database `medicalpro_clinic_base`, as the server's administrator; after roles.sql. May be run again.
-- Only an administrator can harden pg_catalog, and CREATE DATABASE copies what is inside its template: so every clinic's
-- database descends from this one. What a managed PostgreSQL refuses is a warning: the signed context holds without it.

REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- Exclusion constraints on uuid. In a schema that nobody may use: an operator class is needed when an index is created, and
-- found there by its type, not by a name; running the index checks no privilege.
CREATE SCHEMA IF NOT EXISTS extensions;
REVOKE ALL ON SCHEMA extensions FROM PUBLIC;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA extensions;

CREATE FUNCTION pg_temp.attempt(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
EXCEPTION WHEN insufficient_privilege OR undefined_object OR undefined_table THEN
    RAISE WARNING 'not hardened: % (%)', statement, SQLERRM;
END $$;

-- No DO blocks and no functions for a clinic's login; migrations need both.
SELECT pg_temp.attempt('REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC');
SELECT pg_temp.attempt('GRANT  USAGE ON LANGUAGE plpgsql, sql TO medicalpro_owner, medicalpro_audit');

-- What executes text as SQL, changes settings, cancels, sleeps, locks, writes WAL, reads large objects or looks at other
-- sessions, databases and roles.
SELECT pg_temp.attempt(format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', oid::regprocedure)),
       pg_temp.attempt(format('GRANT EXECUTE ON FUNCTION %s TO medicalpro_backup', oid::regprocedure))
  FROM pg_catalog.pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND prokind = 'f'
   AND (proname IN (
            'set_config',
            'query_to_xml', 'query_to_xmlschema', 'query_to_xml_and_xmlschema', 'cursor_to_xml', 'cursor_to_xmlschema',
            'table_to_xml', 'table_to_xmlschema', 'table_to_xml_and_xmlschema',
            'schema_to_xml', 'schema_to_xmlschema', 'schema_to_xml_and_xmlschema',
            'database_to_xml', 'database_to_xmlschema', 'database_to_xml_and_xmlschema', 'ts_stat', 'ts_rewrite',
            'pg_notify', 'pg_cancel_backend', 'pg_terminate_backend', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
            'pg_export_snapshot', 'pg_current_logfile', 'pg_logical_emit_message', 'loread', 'lowrite', 'pg_lock_status',
            'pg_stat_get_activity', 'pg_stat_get_progress_info', 'pg_stat_get_wal_senders', 'pg_prepared_xact',
            'pg_get_replication_slots', 'pg_get_userbyid', 'makeaclitem')
        OR proname LIKE ANY (ARRAY['lo\_%', 'pg\_advisory%', 'pg\_try\_advisory%',
                                   'pg\_stat\_get\_backend\_%', 'pg\_stat\_get\_db\_%']));

-- Other clinics' names stand in these. (An oid cast to regrole still prints a role's name: it is a UUID, and says no more.)
SELECT pg_temp.attempt(format('REVOKE SELECT ON %s FROM PUBLIC', oid::regclass)),
       pg_temp.attempt(format('GRANT SELECT ON %s TO medicalpro_provisioner, medicalpro_backup', oid::regclass))
  FROM pg_catalog.pg_class
 WHERE relnamespace = 'pg_catalog'::regnamespace
   AND relkind IN ('r', 'v')
   AND (relname IN (
            'pg_database', 'pg_roles', 'pg_user', 'pg_group', 'pg_auth_members', 'pg_db_role_setting', 'pg_shdescription',
            'pg_shseclabel', 'pg_stat_activity', 'pg_stat_database', 'pg_stat_database_conflicts', 'pg_stat_replication',
            'pg_stat_ssl', 'pg_stat_gssapi', 'pg_stats', 'pg_locks', 'pg_prepared_xacts', 'pg_replication_slots',
            'pg_stat_replication_slots')
        OR relname LIKE 'pg\_stat\_progress\_%');

-- The provisioner compares schemas and reads owners' names; a dump does too.
SELECT pg_temp.attempt('GRANT EXECUTE ON FUNCTION pg_catalog.pg_get_userbyid(oid) TO medicalpro_provisioner, medicalpro_owner');

DROP FUNCTION pg_temp.attempt(text);
