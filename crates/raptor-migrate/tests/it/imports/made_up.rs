//! A made-up chain with everything that is hard: branches, a merge, dependencies, labels, batch
//! operations, data steps, what runs outside a transaction, and what offline mode cannot do.

use super::project::{ENV, Made, proof, script, source};
use crate::fixture::Fixture;
use raptor_db::Engine;
use raptor_migrate::import::{Imported, NoteKind};
use std::collections::BTreeSet;

/// The scripts: name and text.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn scripts() -> Vec<(&'static str, String)> {
    let first = script(
        "\"\"\"Customers and orders\n\nRevision ID: a1\nRevises:\nCreate Date: 2024-02-29 10:00:00\n\"\"\"\nrevision: str = 'a1'\ndown_revision: str | None = None",
        "op.create_table('customers', sa.Column('id', sa.Integer, primary_key=True),\n\
         \x20   sa.Column('name', sa.String(20), nullable=False, server_default=\"100% \\\\ 'x'\\ty\"),\n\
         \x20   sa.Column('kind', sa.Enum('old', 'new', name='kind')), comment='A %s table')\n\
         op.create_table('orders', sa.Column('id', sa.Integer, primary_key=True), sa.Column('total', sa.Numeric(10, 2)),\n\
         \x20   sa.Column('customer', sa.Integer, sa.ForeignKey('customers.id', name='orders_customer_fk', ondelete='CASCADE')))\n\
         op.create_index('ix_orders_customer', 'orders', ['customer'])\n\
         op.create_index('ix_customers_name', 'customers', ['name'])",
        "op.drop_table('orders')\nop.drop_table('customers')",
    );
    let data = script(
        "\"\"\"The first customers\"\"\"\nrevision = \"b2\"\ndown_revision = (\"a1\")",
        "t = sa.table('customers', sa.column('id', sa.Integer), sa.column('name', sa.String))\n\
         op.bulk_insert(t, [{'id': 1, 'name': \"O'Hara: 50%\"}, {'id': 2, 'name': 'back\\\\slash\\ttab\\nline'}])\n\
         op.execute(\"INSERT INTO orders (id, total, customer) VALUES (1, 1.5, 1), (2, 2.5, 2)\")",
        "op.execute('DELETE FROM orders')\nop.execute('DELETE FROM customers')",
    );
    let batch = script(
        "\"\"\"Shorter names\"\"\"\nrevision = 'c3'\ndown_revision = ['a1']\nbranch_labels = ('side',)",
        "with op.batch_alter_table('customers') as batch:\n\
         \x20   batch.alter_column('name', type_=sa.String(30), existing_type=sa.String(20))\n\
         \x20   batch.add_column(sa.Column('note', sa.Text))\n\
         with op.batch_alter_table('orders') as batch:\n\
         \x20   batch.alter_column('total', new_column_name='amount', existing_type=sa.Numeric(10, 2))\n\
         \x20   batch.drop_index('ix_orders_customer')",
        "with op.batch_alter_table('orders') as batch:\n\
         \x20   batch.alter_column('amount', new_column_name='total', existing_type=sa.Numeric(10, 2))\n\
         \x20   batch.create_index('ix_orders_customer', ['customer'])\n\
         with op.batch_alter_table('customers') as batch:\n\
         \x20   batch.drop_column('note')\n\
         \x20   batch.alter_column('name', type_=sa.String(20), existing_type=sa.String(30))",
    );
    let apart = script(
        "revision = 'd4'\ndown_revision = None\nbranch_labels = 'audit'\ndepends_on = ('side',)",
        "op.create_table('events', sa.Column('id', sa.Integer, primary_key=True), sa.Column('kind', sa.Integer))",
        "op.drop_table('events')",
    );
    let merge = script(
        "\"\"\"merge\"\"\"\nrevision = 'e5'\ndown_revision = ('b2', 'c3')",
        "pass",
        "pass",
    );
    let looks = script(
        "revision = 'f6'\ndown_revision = 'e5'",
        "bind = op.get_bind()\n\
         for row in bind.execute(sa.text('SELECT id, name FROM customers ORDER BY id')).fetchall():\n\
         \x20   bind.execute(sa.text('UPDATE customers SET note = :n WHERE id = :i'), {'n': row[1] + ' ?', 'i': row[0]})",
        "op.execute(\"UPDATE customers SET note = NULL\")",
    );
    let alone = script(
        "\"\"\"An index without a lock\"\"\"\nrevision = 'g7'\ndown_revision = 'f6'",
        "if op.get_context().dialect.name == 'postgresql':\n\
         \x20   with op.get_context().autocommit_block():\n\
         \x20       op.create_index('ix_note', 'customers', ['note'], postgresql_concurrently=True)\n\
         else:\n\
         \x20   op.create_index('ix_note', 'customers', ['note'])",
        "op.drop_index('ix_note', 'customers')",
    );
    let no_way_back = script(
        "revision = 'h8'\ndown_revision = 'g7'",
        "with op.batch_alter_table('customers') as batch:\n    batch.alter_column('id', type_=sa.BigInteger)",
        "raise NotImplementedError('ids do not fit any more')",
    );
    let computed = script(
        "revision = '_'.join(['i', '9'])\ndown_revision = 'h8'",
        "if not context.is_offline_mode():\n\
         \x20   op.get_bind().execute(sa.text('SELECT count(*) FROM customers')).scalar()\n\
         else:\n\
         \x20   op.execute(\"UPDATE customers SET note = 'offline' WHERE id > 100\")",
        "pass",
    );
    vec![
        ("a1_first", first),
        ("b2_data", data),
        ("c3_batch", batch),
        ("d4_apart", apart),
        ("e5_merge", merge),
        ("f6_looks", looks),
        ("g7_alone", alone),
        ("h8_no_way_back", no_way_back),
        ("i9_computed", computed),
    ]
}

fn made() -> Made {
    let scripts = scripts();
    let scripts: Vec<_> = scripts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    Made::new(ENV, &scripts)
}

fn text<'i>(imported: &'i Imported, id: &str) -> &'i str {
    let start = format!("-- raptor: id={id}");
    let mut files = imported.files.iter();
    &files
        .find(|file| file.text.starts_with(&start))
        .unwrap()
        .text
}

pub(crate) async fn is_taken_over_and_proved(at: Fixture) {
    let made = made();
    let imported = made.import(&[source(&at)]).await.unwrap();
    let names: Vec<&str> = imported
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names[0], "20240229_a1_customers_and_orders.sql");
    assert_eq!(names[1], "b2_the_first_customers.sql");
    assert!(text(&imported, "c3").starts_with("-- raptor: id=c3 revises=a1 labels=side\n"));
    assert!(
        text(&imported, "d4").starts_with("-- raptor: id=d4 depends=label:side labels=audit\n")
    );
    assert!(text(&imported, "e5").starts_with("-- raptor: id=e5 revises=b2,c3\n-- merge\n"));
    let alone = text(&imported, "g7").contains("tx=off");
    assert_eq!(
        alone,
        at.engine() == Engine::Postgres,
        "{}",
        text(&imported, "g7")
    );
    assert!(text(&imported, "h8").contains("down irreversible \"ids do not fit any more\""));
    assert!(
        text(&imported, "i_9").contains("note = 'offline'"),
        "{}",
        text(&imported, "i_9")
    );
    let noted = |kind| imported.noted(kind).into_iter().collect::<Vec<_>>();
    assert_eq!(noted(NoteKind::Reads), ["f6", "i_9"], "{imported}");
    assert_eq!(noted(NoteKind::Offline), ["i_9"]);
    assert_eq!(noted(NoteKind::Irreversible), ["h8"]);
    let recorded: BTreeSet<&str> = imported.noted(NoteKind::Recorded);
    assert!(recorded.contains("f6"), "{imported}");
    assert!(
        imported
            .remarks
            .iter()
            .any(|it| it.contains("i9_computed.py:1:1: `revision` is no literal")),
        "{imported}"
    );
    let proof = proof(&made, &at, &imported.chain().unwrap()).await;
    assert!(proof.holds(), "{proof}\n{imported}");
    assert_eq!(proof.irreversible, ["h8"]);
    assert!(proof.steps.len() > 16, "{proof}");
}

/// A table that Alembic copies keeps the rows that point at it, which a copy would lose here.
#[tokio::test]
async fn batch_operations_become_rebuilds() {
    let made = made();
    let imported = made
        .import(&[raptor_migrate::import::Source::sqlite()])
        .await
        .unwrap();
    let text = text(&imported, "c3");
    assert!(
        text.contains("-- raptor:rebuild customers\n")
            && text.contains("-- raptor:rebuild orders\n"),
        "{text}"
    );
    assert!(!text.contains("_alembic_tmp_"), "{text}");
    assert!(imported.noted(NoteKind::ByHand).is_empty(), "{imported}");
    let at = Fixture::sqlite().await;
    let chain = imported.chain().unwrap();
    at.upgrade(&chain, "b2").await.unwrap();
    assert_eq!(at.column("SELECT count(*)::text FROM orders").await, ["2"]);
    at.upgrade(&chain, "h8").await.unwrap();
    assert_eq!(at.column("SELECT count(*)::text FROM orders").await, ["2"]);
    assert_eq!(
        at.column("SELECT note FROM customers ORDER BY id").await[0],
        "O'Hara: 50% ?"
    );
}
