-- Every column that a login could read, of every schema that is not PostgreSQL's own; $1 is written as $2.
SELECT replace(format('column %s.%s.%s %s', nspname, relname, attname, format_type(atttypid, atttypmod)), $1, $2) AS line
  FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
 WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND attnum > 0 AND NOT attisdropped
   AND nspname <> ALL (ARRAY['pg_catalog', 'information_schema', 'pg_toast']) AND nspname !~ '^pg_(toast_)?temp'
