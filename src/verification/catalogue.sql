-- What decides who may do what in a database, a line each: owners, grants, row security, policies, functions, triggers, views. Asked
-- of the catalog, which every login may read. $1 is the database's own schema, written as $2; $3 is the clinic's id, written as <id>.
-- The same lines on every version of PostgreSQL.
WITH spaces AS (
    SELECT oid, nspname, CASE nspname WHEN $1 THEN $2 ELSE nspname::text END AS name, nspowner, nspacl
      FROM pg_namespace
     WHERE nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast']) AND nspname !~ '^pg_(toast_)?temp'
), relations AS (
    SELECT c.*, s.name || '.' || c.relname AS name FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
), functions AS (
    SELECT p.*, s.name || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS name
      FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
     WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
), acls AS (
    SELECT 'schema ' || name AS what, nspowner AS owner, COALESCE(nspacl, acldefault('n', nspowner)) AS acl, NULL::text AS col FROM spaces
    UNION ALL
    SELECT name, relowner, COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)), NULL FROM relations
    UNION ALL
    SELECT r.name, r.relowner, a.attacl, a.attname::text FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid
     WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT name, proowner, COALESCE(proacl, acldefault('f', proowner)), NULL FROM functions
), granted AS (
    SELECT what, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS grantee,
           x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege,
           string_agg(col, ', ' ORDER BY col) AS cols
      FROM acls CROSS JOIN LATERAL aclexplode(acl) x
     WHERE x.grantee <> owner
     GROUP BY 1, 2, 3, col IS NULL
), roles AS (
    -- Whoever administers the server has another name on each.
    SELECT oid, CASE WHEN oid::regrole::text ~ '^(medicalpro_|pg_database_owner$)' THEN oid::regrole::text ELSE 'the administrator' END AS name
      FROM (SELECT nspowner AS oid FROM spaces UNION SELECT relowner FROM relations UNION SELECT proowner FROM functions) o
), lines (line) AS (
    SELECT format('schema %s, owner %s', s.name, o.name) FROM spaces s JOIN roles o ON o.oid = nspowner
    UNION ALL
    SELECT format('%s %s, owner %s%s%s%s', CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence'
                      WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END, r.name, o.name,
                  CASE WHEN relrowsecurity THEN ', row security' END, CASE WHEN relforcerowsecurity THEN ' forced' END,
                  ', options ' || array_to_string(reloptions, ' '))
      FROM relations r JOIN roles o ON o.oid = relowner
    UNION ALL
    SELECT format('grant on %s to %s: %s', what, grantee,
                  string_agg(privilege || COALESCE(' (' || cols || ')', ''), ', ' ORDER BY privilege, cols))
      FROM granted GROUP BY what, grantee
    UNION ALL
    SELECT format('policy %s on %s, %s, for %s, to %s, using %s, check %s', polname, r.name,
                  CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END, polcmd,
                  (SELECT string_agg(CASE x WHEN 0 THEN 'PUBLIC' ELSE x::regrole::text END, ' ' ORDER BY x::regrole::text) FROM unnest(polroles) x),
                  COALESCE(pg_get_expr(polqual, polrelid), '-'), COALESCE(pg_get_expr(polwithcheck, polrelid), '-'))
      FROM pg_policy JOIN relations r ON r.oid = polrelid
    UNION ALL
    SELECT format('function %s, owner %s, %s, %s%s, settings %s, body %s', f.name, o.name, lanname,
                  CASE WHEN prosecdef THEN 'definer' ELSE 'invoker' END, CASE WHEN proleakproof THEN ', leakproof' END,
                  COALESCE(array_to_string(proconfig, ' '), '-'),
                  left(encode(sha256(convert_to(replace(replace(COALESCE(pg_get_function_sqlbody(f.oid), prosrc), $1, $2), $3, '<id>'), 'UTF8')), 'hex'), 16))
      FROM functions f JOIN roles o ON o.oid = proowner JOIN pg_language l ON l.oid = prolang
    UNION ALL
    -- Newer versions qualify fewer columns.
    SELECT format('view %s, body %s', r.name,
                  left(encode(sha256(convert_to(regexp_replace(pg_get_viewdef(r.oid), '\m\w+\.', '', 'g'), 'UTF8')), 'hex'), 16))
      FROM relations r WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT format('trigger %s on %s, enabled %s: %s', tgname, r.name, tgenabled, pg_get_triggerdef(t.oid))
      FROM pg_trigger t JOIN relations r ON r.oid = tgrelid WHERE NOT tgisinternal
    UNION ALL
    -- Whose values no plan's estimates may tell.
    SELECT format('no statistics of %s: %s', r.name, string_agg(attname, ', ' ORDER BY attname))
      FROM pg_attribute a JOIN relations r ON r.oid = attrelid WHERE attnum > 0 AND attstattarget = 0 AND NOT attisdropped GROUP BY r.name
    UNION ALL
    SELECT format('rule %s on %s', rulename, r.name) FROM pg_rewrite w JOIN relations r ON r.oid = ev_class WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT format('event trigger %s on %s', evtname, evtevent) FROM pg_event_trigger
    UNION ALL
    SELECT format('default for %s in %s on %s: %s', defaclrole::regrole, CASE defaclnamespace WHEN 0 THEN 'all' ELSE defaclnamespace::regnamespace::text END,
                  defaclobjtype, defaclacl) FROM pg_default_acl
    UNION ALL
    SELECT format('extension %s in %s', extname, extnamespace::regnamespace) FROM pg_extension
    UNION ALL
    SELECT format('foreign server %s', srvname) FROM pg_foreign_server
    UNION ALL
    SELECT format('publication %s', pubname) FROM pg_publication
)
SELECT replace(replace(regexp_replace(line, '\s+', ' ', 'g'), $1, $2), $3, '<id>') AS line FROM lines
