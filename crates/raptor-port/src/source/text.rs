//! Takes the statements of the schema apart, with SQLite's own grammar.

use super::table::{Check, ForeignKey, Generated, IndexColumn, Key};
use sqlite3_parser::ast::{
    Cmd, ColumnConstraint, ColumnDefinition, CreateTableBody, DeferSubclause, Expr,
    ForeignKeyClause, InitDeferredPred, RefAct, RefArg, SortOrder, SortedColumn, Stmt,
    TableConstraint,
};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator};

/// What a `CREATE TABLE` says and no pragma tells.
#[derive(Debug, Default)]
pub(super) struct TableText {
    pub(super) columns: Vec<ColumnText>,
    pub(super) primary_key: Option<Key>,
    pub(super) autoincrement: bool,
    pub(super) unique: Vec<Key>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) checks: Vec<Check>,
}

/// The same of a column.
#[derive(Debug, Default)]
pub(super) struct ColumnText {
    pub(super) name: String,
    pub(super) generated: Option<Generated>,
    pub(super) collation: Option<String>,
}

/// What a `CREATE INDEX` says.
#[derive(Debug)]
pub(super) struct IndexText {
    pub(super) columns: Vec<IndexColumn>,
    pub(super) condition: Option<String>,
}

/// Reads a `CREATE TABLE`, or says why it cannot.
pub(super) fn table(text: &str) -> Result<TableText, String> {
    let arena = Bump::new();
    match statement(&arena, text)? {
        Stmt::CreateTable {
            body:
                CreateTableBody::ColumnsAndConstraints {
                    columns,
                    constraints,
                    ..
                },
            ..
        } => {
            let mut table = TableText::default();
            for column in &columns {
                table.add_column(column);
            }
            for named in constraints.unwrap_or_default() {
                let name = named.name.as_ref().map(|it| bare(it.0));
                table.add(name, &named.constraint);
            }
            Ok(table)
        }
        _ => Err("it is no CREATE TABLE with columns".to_owned()),
    }
}

/// Reads a `CREATE INDEX`, or says why it cannot.
pub(super) fn index(text: &str) -> Result<IndexText, String> {
    let arena = Bump::new();
    match statement(&arena, text)? {
        Stmt::CreateIndex {
            columns,
            where_clause,
            ..
        } => Ok(IndexText {
            columns: columns.iter().map(index_column).collect(),
            condition: where_clause.as_ref().map(written),
        }),
        _ => Err("it is no CREATE INDEX".to_owned()),
    }
}

/// The module of a `CREATE VIRTUAL TABLE`.
pub(super) fn module(text: &str) -> Option<String> {
    let arena = Bump::new();
    match statement(&arena, text).ok()? {
        Stmt::CreateVirtualTable { module_name, .. } => {
            Some(bare(module_name.0).to_ascii_lowercase())
        }
        _ => None,
    }
}

fn statement<'a>(arena: &'a Bump, text: &'a str) -> Result<Stmt<'a>, String> {
    let mut parser = Parser::new(arena, text.as_bytes());
    match parser.next() {
        Ok(Some(Cmd::Stmt(statement))) => Ok(statement),
        Ok(_) => Err("it is no statement".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl TableText {
    fn add_column(&mut self, column: &ColumnDefinition<'_>) {
        let column_name = bare(column.col_name.0);
        let mut text = ColumnText {
            name: column_name.clone(),
            ..ColumnText::default()
        };
        for named in column.constraints {
            let name = named.name.as_ref().map(|it| bare(it.0));
            let key = || Key {
                name: name.clone(),
                columns: vec![column_name.clone()],
            };
            match &named.constraint {
                ColumnConstraint::PrimaryKey { auto_increment, .. } => {
                    self.primary_key = Some(key());
                    self.autoincrement = *auto_increment;
                }
                ColumnConstraint::Unique(_) => self.unique.push(key()),
                ColumnConstraint::Check(expression) => self.checks.push(Check {
                    name,
                    column: Some(column_name.clone()),
                    expression: written(expression),
                }),
                ColumnConstraint::Collate { collation_name } => {
                    text.collation = Some(bare(collation_name.0));
                }
                ColumnConstraint::ForeignKey {
                    clause,
                    defer_clause,
                } => {
                    let columns = vec![column_name.clone()];
                    let key = foreign_key(name, columns, clause, defer_clause.as_ref());
                    self.foreign_keys.push(key);
                }
                ColumnConstraint::Defer(clause) => {
                    if let Some(key) = self.foreign_keys.last_mut() {
                        defer(key, clause);
                    }
                }
                ColumnConstraint::Generated { expr, typ } => {
                    text.generated = Some(Generated {
                        expression: written(expr),
                        stored: typ
                            .as_ref()
                            .is_some_and(|it| it.0.eq_ignore_ascii_case("stored")),
                    });
                }
                ColumnConstraint::NotNull { .. } | ColumnConstraint::Default(_) => {}
            }
        }
        self.columns.push(text);
    }

    fn add(&mut self, name: Option<String>, constraint: &TableConstraint<'_>) {
        match constraint {
            TableConstraint::PrimaryKey {
                columns,
                auto_increment,
                ..
            } => {
                self.autoincrement |= *auto_increment;
                self.primary_key = Some(Key {
                    name,
                    columns: names(columns),
                });
            }
            TableConstraint::Unique { columns, .. } => self.unique.push(Key {
                name,
                columns: names(columns),
            }),
            TableConstraint::Check(expression, _) => self.checks.push(Check {
                name,
                column: None,
                expression: written(expression),
            }),
            TableConstraint::ForeignKey {
                columns,
                clause,
                defer_clause,
            } => {
                let columns = columns.iter().map(|it| bare(it.col_name.0)).collect();
                let key = foreign_key(name, columns, clause, defer_clause.as_ref());
                self.foreign_keys.push(key);
            }
        }
    }
}

fn foreign_key(
    name: Option<String>,
    columns: Vec<String>,
    clause: &ForeignKeyClause<'_>,
    deferral: Option<&DeferSubclause>,
) -> ForeignKey {
    let parent_columns = clause.columns.unwrap_or_default();
    let mut key = ForeignKey {
        name,
        columns,
        parent: bare(clause.tbl_name.0),
        parent_columns: parent_columns
            .iter()
            .map(|it| bare(it.col_name.0))
            .collect(),
        on_delete: action(None),
        on_update: action(None),
        deferred: false,
        deferrable: false,
    };
    for argument in clause.args {
        match argument {
            RefArg::OnDelete(act) => key.on_delete = action(Some(*act)),
            RefArg::OnUpdate(act) => key.on_update = action(Some(*act)),
            // SQLite reads these and does nothing.
            RefArg::OnInsert(_) | RefArg::Match(_) => {}
        }
    }
    if let Some(clause) = deferral {
        defer(&mut key, clause);
    }
    key
}

fn defer(key: &mut ForeignKey, clause: &DeferSubclause) {
    key.deferrable = clause.deferrable;
    let initially = clause.init_deferred == Some(InitDeferredPred::InitiallyDeferred);
    key.deferred = clause.deferrable && initially;
}

fn action(act: Option<RefAct>) -> String {
    let words = match act {
        None | Some(RefAct::NoAction) => "NO ACTION",
        Some(RefAct::Cascade) => "CASCADE",
        Some(RefAct::Restrict) => "RESTRICT",
        Some(RefAct::SetNull) => "SET NULL",
        Some(RefAct::SetDefault) => "SET DEFAULT",
    };
    words.to_owned()
}

fn names(columns: &[SortedColumn<'_>]) -> Vec<String> {
    let one = |column: &SortedColumn<'_>| plain(&column.expr).0.unwrap_or_default();
    columns.iter().map(one).collect()
}

fn index_column(column: &SortedColumn<'_>) -> IndexColumn {
    let (name, collation) = plain(&column.expr);
    IndexColumn {
        expression: name.is_none().then(|| match &column.expr {
            Expr::Collate(inner, _) => written(inner),
            other => written(other),
        }),
        column: name,
        descending: column.order == Some(SortOrder::Desc),
        collation,
    }
}

/// A column's name and the collation that is written with it.
fn plain(expression: &Expr<'_>) -> (Option<String>, Option<String>) {
    match expression {
        Expr::Id(id) => (Some(bare(id.0)), None),
        Expr::Name(written) => (Some(bare(written.0)), None),
        // SQLite takes a string for a name here.
        Expr::Literal(sqlite3_parser::ast::Literal::String(text)) => (Some(bare(text)), None),
        Expr::Collate(inner, collation) => (plain(inner).0, Some(bare(collation))),
        _ => (None, None),
    }
}

/// An expression as text, without brackets around all of it.
fn written(expression: &Expr<'_>) -> String {
    match expression {
        Expr::Parenthesized(inner) if inner.len() == 1 => written(&inner[0]),
        other => other.to_string(),
    }
}

/// A name without the quotes that it is written in; SQLite takes four kinds.
fn bare(written: &str) -> String {
    let Some(quote) = written.chars().next().filter(|it| "\"'`[".contains(*it)) else {
        return written.to_owned();
    };
    let inner = written
        .get(1..written.len().saturating_sub(1))
        .unwrap_or_default();
    if quote == '[' {
        return inner.to_owned();
    }
    inner.replace(&format!("{quote}{quote}"), &quote.to_string())
}
