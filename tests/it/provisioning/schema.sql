-- Everything that a database's catalog says of what is in it and who may do what, a line each: what pg_dump would write and
-- more, since the system's own schemas are hardened too. In no order, and without numbers that another database would have others of.
WITH here AS (
    SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)'
)
SELECT format('schema %s, owner %s, may %s', nspname, nspowner::regrole, nspacl)
  FROM pg_namespace WHERE oid IN (SELECT oid FROM here)
UNION ALL
SELECT format('relation %s, kind %s, owner %s, may %s, persistence %s, row security %s forced %s, replica identity %s, options %s, %s',
              c.oid::regclass, relkind, relowner::regrole, relacl, relpersistence, relrowsecurity, relforcerowsecurity, relreplident,
              reloptions, CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
  FROM pg_class c WHERE relnamespace IN (SELECT oid FROM here)
UNION ALL
SELECT format('index %s, valid %s, replica identity %s, clustered %s: %s',
              indexrelid::regclass, indisvalid, indisreplident, indisclustered, pg_get_indexdef(indexrelid))
  FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace IN (SELECT oid FROM here)
UNION ALL
SELECT format('sequence %s: %s', seqrelid::regclass, to_jsonb(s) - 'seqrelid') FROM pg_sequence s
UNION ALL
SELECT format('column %s no. %s %I %s, not null %s, identity %s, generated %s, collation %s, storage %s, may %s, options %s, default %s',
              attrelid::regclass, row_number() OVER (PARTITION BY attrelid ORDER BY attnum), attname, format_type(atttypid, atttypmod),
              attnotnull, attidentity, attgenerated, attcollation::regcollation, attstorage, attacl, attoptions, pg_get_expr(adbin, adrelid))
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = attrelid
  LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
 WHERE relnamespace IN (SELECT oid FROM here) AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('constraint %s of %s %s, valid %s: %s',
              conname, conrelid::regclass, contypid::regtype, convalidated, pg_get_constraintdef(oid)) FROM pg_constraint
UNION ALL
SELECT format('inherits %s from %s', inhrelid::regclass, inhparent::regclass) FROM pg_inherits
UNION ALL
SELECT format('trigger on %s, enabled %s: %s', tgrelid::regclass, tgenabled,
              CASE WHEN tgisinternal THEN tgfoid::regproc::text ELSE pg_get_triggerdef(oid) END) FROM pg_trigger
UNION ALL
SELECT format('rule on %s, enabled %s: %s', ev_class::regclass, ev_enabled, pg_get_ruledef(oid))
  FROM pg_rewrite WHERE rulename <> '_RETURN'
UNION ALL
SELECT format('policy %s', to_jsonb(p)) FROM pg_policies p
UNION ALL
-- The system's are known by their names: they cannot be changed, only who may call them.
SELECT format('function %s, owner %s, may %s: %s', oid::regprocedure, proowner::regrole, proacl,
              CASE WHEN prokind IN ('f', 'p') AND oid >= 16384 THEN pg_get_functiondef(oid) END)
  FROM pg_proc WHERE pronamespace IN (SELECT oid FROM here)
UNION ALL
SELECT format('type %s, kind %s, owner %s, may %s, base %s, not null %s, default %s, values %s',
              t.oid::regtype, typtype, typowner::regrole, typacl, typbasetype::regtype, typnotnull, typdefault,
              (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
  FROM pg_type t WHERE typnamespace IN (SELECT oid FROM here)
UNION ALL
SELECT format('statistics %s', pg_get_statisticsobjdef(oid)) FROM pg_statistic_ext
UNION ALL
SELECT format('extension %s %s in %s, owner %s', extname, extversion, extnamespace::regnamespace, extowner::regrole) FROM pg_extension
UNION ALL
SELECT format('language %s, owner %s, may %s', lanname, lanowner::regrole, lanacl) FROM pg_language
UNION ALL
SELECT format('event trigger %s on %s %s, enabled %s: %s', evtname, evtevent, evttags, evtenabled, evtfoid::regproc) FROM pg_event_trigger
UNION ALL
SELECT format('default for %s in %s on %s: %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl)
  FROM pg_default_acl
UNION ALL
SELECT format('setting of %s: %s', setrole::regrole, setconfig)
  FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database()
UNION ALL
SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description) FROM pg_description WHERE objoid >= 16384
UNION ALL
SELECT format('cast from %s to %s, method %s %s', castsource::regtype, casttarget::regtype, castmethod, castfunc::regprocedure) FROM pg_cast
UNION ALL
-- Whatever else there may be, as far as it depends on something: operators, publications, servers.
SELECT format('there is %s', regexp_replace(pg_describe_object(classid, objid, objsubid), '(pg_toast|RI_ConstraintTrigger_[ac])_\d+', '\1'))
  FROM (SELECT DISTINCT classid, objid, objsubid FROM pg_depend WHERE objid >= 16384) AS ours
