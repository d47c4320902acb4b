//! The rows of the bed: with NULL, nothing, negative numbers, letters that are not ASCII, either case.

/// Types by column; those that are not named are decided by the port.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("n", "integer"),
    ("m", "integer"),
    ("big", "bigint"),
    ("r", "double precision"),
    ("price", "numeric(10,2)"),
    ("s", "text"),
    ("u", "character varying(40)"),
    ("nc", "citext"),
    ("nl", "text"),
    ("flag", "boolean"),
    ("b", "bytea"),
    ("ts", "timestamp"),
    ("tz", "timestamptz"),
    ("d", "date"),
    ("ep", "timestamptz from seconds"),
    ("j", "jsonb"),
    ("jt", "text"),
    ("dt", "text"),
    ("uid", "uuid"),
    ("loose", "text"),
];

pub(super) const TABLES: &str = r#"
CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, m INTEGER NOT NULL, big BIGINT, r REAL, price DECIMAL(10,2),
 s TEXT, u VARCHAR(40) NOT NULL, nc TEXT COLLATE NOCASE, nl TEXT COLLATE NOCASE, flag BOOLEAN, b BLOB,
 ts DATETIME, tz TEXT, d DATE, ep INTEGER, j TEXT, jt TEXT, dt TEXT, uid TEXT, loose STRING);
CREATE TABLE o (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t, "Kind of" TEXT NOT NULL, amount REAL, qty INTEGER NOT NULL);
CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT, what TEXT NOT NULL, n INTEGER, flag BOOLEAN DEFAULT 0);
INSERT INTO t VALUES
 (1, 5, 2, 5000000000, 1.5, 10, 'Alpha', 'alpha@x.org', 'Admin', 'Admin', 1, x'00ff10', '2024-02-29 12:30:00', '2024-02-29 12:30:00+00:00', '2024-02-29', 1700000000, '{"a":1,"b":[1,2,3],"c":{"d":"x"},"t":true}', '{"a":1,"b":[1,2,3],"t":true}', '2024-02-29', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'word'),
 (2, -7, 3, -9223372036854775807, -2.5, 2.5, 'ÄÖÜ straße', 'B', 'admin', 'admin', 0, x'', '2023-12-31 23:59:59.250', '2023-12-31 23:59:59', '2023-12-31', 0, '{"a":"x","b":[],"c":null,"t":false}', '{"a":"x","b":[]}', '2023-12-31 23:59:59.25', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', 12),
 (3, NULL, 0, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 0, -4, 0, 0.0, 0, '', '   ', 'Ärger', 'Ärger', 0, x'41', '2024-01-31 00:00:00', '2024-01-31 00:00:00+02:00', '2024-01-31', 1, '[1,"a"]', '[1,"a"]', '2024-01-31T08:05:09Z', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', ''),
 (5, 12, 7, 12, 0.1, 19.99, '%_\x', 'a_b%c', 'ADMIN ', 'ADMIN ', 1, x'616263', '0012-01-01 00:00:00', '2024-03-10 06:00:00.5Z', '1999-12-31', 951782400, '{"a":2.5,"b":"s"}', '{"a":2.5,"b":"s"}', 'no date', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14', 'x'),
 (6, 2147483647, 2147483647, 9007199254740993, 1e15, 99999.99, 'alpha', 'ALPHA', 'root', 'root', 1, x'00', '2024-12-30 06:07:08', '2024-12-30 06:07:08', '2024-12-30', 1735538828, '{"a":true,"b":[{"k":"v"}],"a b":7}', '{"a":true,"b":[{"k":"v"}]}', '2023-02-31 10:00:00+05:30', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a15', '7x'),
 (7, 3, 5, 33, -0.49999999999999994, -3, ' 12abc ', '12', 'ROOT', 'ROOT', NULL, x'ff', '2024-02-01 00:00:00', '2024-02-01 00:00:00', '2024-02-01', 1704067200, '{}', '{}', '', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a16', NULL),
 (8, -1, 1, 1, 2.675, 7, '日本語テキスト', '-42.5e1x', 'z', 'z', 0, x'e697a5', '2025-06-15 18:00:01', '2025-06-15 18:00:01', '2025-06-15', 1749981601, '{"a":0,"b":[[1],[2,3]]}', '{"a":0}', '2025-06-15 18:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a17', 'Zed');
INSERT INTO o VALUES (1, 1, 'big', 10.5, 2), (2, 1, 'small', NULL, 3), (3, 2, 'big', -1.25, 1), (4, NULL, 'none', 0.1, 0), (5, 4, 'Small', 0.2, 10);
"#;
