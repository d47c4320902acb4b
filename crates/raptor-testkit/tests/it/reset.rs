//! What a test writes is gone for the next one, on the same clone.

use crate::client::ask;
use crate::shop::{again, contents, template};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Each a whole test's work, none more than rows and sequences.
const WRITES: [&str; 12] = [
    "INSERT INTO orders (customer) VALUES (1), (2), (1)",
    "UPDATE countries SET name = 'Austria' WHERE code = 'at'",
    "DELETE FROM countries",
    "INSERT INTO customers (country, note) SELECT 'ch', '[]' FROM generate_series(1, 500)",
    r#"INSERT INTO "odd ""table" VALUES (12345678901234567890.5, '\x00ff')"#,
    "INSERT INTO events VALUES ('2010-01-01', 'old'), ('2024-01-01', 'new')",
    "INSERT INTO animals VALUES ('Rex'); DELETE FROM cats",
    "INSERT INTO scratch VALUES (1), (2)",
    "SELECT nextval('tickets') FROM generate_series(1, 50)",
    "SELECT setval('untouched', 500, false)",
    "SELECT setval('customers_id_seq', 1)",
    "UPDATE customers SET note = note || '{\"b\": 2}'; INSERT INTO journal VALUES ('by hand')",
];

#[test]
fn rows_seed_rows_and_sequences_are_as_in_the_template() {
    let template = template();
    let clean = contents(&template.database());
    for writes in WRITES {
        let database = template.database();
        let name = database.urls().database().to_owned();
        ask(database.owner_url(), writes);
        assert_ne!(contents(&database), clean, "{writes}");
        drop(database);
        assert_eq!(contents(&again(&template, &name)), clean, "{writes}");
    }
}

#[test]
fn many_tests_on_one_clone_leave_nothing_behind() {
    let template = template();
    let database = template.database();
    let name = database.urls().database().to_owned();
    let clean = contents(&database);
    drop(database);
    for round in 0..20 {
        let database = again(&template, &name);
        assert_eq!(contents(&database), clean, "round {round}");
        for step in 0..3 {
            ask(database.owner_url(), WRITES[3 + (round * 5 + step * 7) % 9]);
        }
    }
}

#[test]
fn tests_at_the_same_time_have_a_database_each() {
    let template = Arc::new(template());
    let passed = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..6)
        .map(|thread| {
            let (template, passed) = (Arc::clone(&template), Arc::clone(&passed));
            std::thread::spawn(move || {
                for round in 0..8 {
                    let database = template.database();
                    let url = database.owner_url();
                    assert_eq!(ask(url, "SELECT count(*) FROM orders"), "0");
                    ask(url, WRITES[(thread + round) % WRITES.len()]);
                    let insert = "INSERT INTO orders (customer) VALUES (1) RETURNING id";
                    let expected = if (thread + round).is_multiple_of(WRITES.len()) {
                        "4"
                    } else {
                        "1"
                    };
                    if (thread + round) % WRITES.len() != 2 {
                        assert_eq!(ask(url, insert), expected);
                    }
                    passed.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("its assertions hold");
    }
    assert_eq!(passed.load(Ordering::Relaxed), 48);
}
