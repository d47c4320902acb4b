//! Columns that Postgres casts from text itself: the file's texts are put into a table beside, cast there
//! once more, and hashed as the table's own values are.

use super::Pair;
use crate::error::{Error, ErrorKind, Result};
use crate::kind::Kind;
use crate::load::{ALL, Landing, Piece, Range, Scribe, Stage};
use crate::plan::Note;
use crate::source::quoted;
use crate::tally::{self, Tally};
use raptor_db::{CopyIn, Db, Row, Scope, Sql, Transaction, TxOptions, params};
use std::time::Duration;

/// The tally of a range of the file.
pub(super) async fn count(
    pair: &Pair<'_>,
    scribe: &Scribe,
    db: &Db,
    range: Range,
) -> Result<Tally> {
    let scope = Scope::system();
    let counted = db.tx_with(&scope, patient(), |tx| async move {
        let mut tally = scribe.count(&pair.task, range).await?;
        let stage = stage(&tx, pair, scribe, range).await?;
        let (line, seed) = (&pair.task.line, &pair.task.seed);
        let ask = tally::casts_query(Stage::NAME, line, seed, &stage.types);
        let row = tx.query_one(&Sql::dynamic(ask), params! {}).await;
        let row = row.map_err(|error| cannot(pair, error))?;
        for at in stage.types.keys() {
            let column = tally::of_column(&row, *at);
            tally.columns[*at] = column.map_err(|error| cannot(pair, error))?;
        }
        Ok::<_, Error>(tally)
    });
    counted.await
}

/// The first row in which such a column differs.
pub(super) async fn first(pair: &Pair<'_>, scribe: &Scribe, db: &Db, at: usize) -> Result<Note> {
    let scope = Scope::system();
    let row = db.tx_with(&scope, patient(), |tx| async move {
        let stage = stage(&tx, pair, scribe, ALL).await?;
        let Some(ask) = first_query(pair, &stage, at) else {
            return Ok(None);
        };
        let rows = tx.query(&Sql::dynamic(ask), params! {}).await;
        let place = |row: &Row| row.get::<String>("raptor_place");
        let first = rows.and_then(|rows| rows.first().map(place).transpose());
        first.map_err(|error| cannot(pair, error))
    });
    let place = match row.await? {
        Some(place) => format!("the row with {place}"),
        None => "a row that has no key to name it by".to_owned(),
    };
    Ok(Note {
        of: format!("column {}.{}", pair.name(), pair.task.line.columns[at].name),
        text: format!("is not the same on Postgres in {place}"),
    })
}

fn first_query(pair: &Pair<'_>, stage: &Stage, at: usize) -> Option<String> {
    let columns = &pair.task.line.columns;
    let staged = |at: usize| {
        let name = quoted(&columns[at].to);
        match stage.types.get(&at) {
            Some(cast) => format!("one.{name}::{cast}"),
            None => format!("one.{name}"),
        }
    };
    let of_key = |name: &String| columns.iter().position(|it| it.name == *name);
    let key: Vec<usize> = pair
        .task
        .line
        .key
        .iter()
        .map(of_key)
        .collect::<Option<_>>()?;
    if key.is_empty() {
        return None;
    }
    let join = |at: &usize| format!("other.{} = {}", quoted(&columns[*at].to), staged(*at));
    let join: Vec<String> = key.iter().map(join).collect();
    let named = |at: &usize| {
        format!(
            "'{} ' || {}",
            columns[*at].name.replace('\'', "''"),
            staged(*at)
        )
    };
    let place: Vec<String> = key.iter().map(named).collect();
    Some(format!(
        "SELECT concat_ws(', ', {}) AS raptor_place FROM {} AS one JOIN {} AS other ON {} \
         WHERE ({})::text IS DISTINCT FROM other.{}::text LIMIT 1",
        place.join(", "),
        Stage::NAME,
        pair.to,
        join.join(" AND "),
        staged(at),
        quoted(&columns[at].to)
    ))
}

/// Puts the rows that came along into a table beside.
async fn stage(tx: &Transaction, pair: &Pair<'_>, scribe: &Scribe, range: Range) -> Result<Stage> {
    let cannot = |error| cannot(pair, error);
    let stage = Stage::make(tx, &pair.task, &pair.to)
        .await
        .map_err(cannot)?;
    let landing = Landing::into(tx, &pair.task, Stage::NAME);
    let mut copy: Option<CopyIn> = None;
    let mut pieces = scribe.write(&pair.task, range);
    while let Some(piece) = pieces.recv().await {
        match piece {
            Piece::Rows { bytes, .. } => {
                if copy.is_none() {
                    copy = Some(landing.begin().await.map_err(cannot)?);
                }
                if let Some(copy) = &mut copy {
                    copy.send(bytes).await.map_err(cannot)?;
                }
            }
            Piece::End(_) => {
                if let Some(copy) = copy {
                    landing.end(copy).await.map_err(cannot)?;
                }
                return Ok(stage);
            }
            Piece::Failed(error) => return Err(error),
            // They did not come along.
            _ => {}
        }
    }
    Err(Error::new(
        ErrorKind::Source,
        "the file is not read any more",
    ))
}

/// Whether two tallies differ in such columns alone, and the first of them.
pub(super) fn alone(pair: &Pair<'_>, one: &Tally, other: &Tally) -> Option<usize> {
    let columns = one.columns.iter().zip(&other.columns).enumerate();
    let differ = columns.filter(|(_, (one, other))| one != other);
    let differ: Vec<usize> = differ.map(|(at, _)| at).collect();
    let is_cast = |at: &usize| pair.task.line.columns[*at].conversion.kind == Kind::Cast;
    let first = differ.first().copied();
    first.filter(|_| one.rows == other.rows && differ.iter().all(is_cast))
}

fn patient() -> TxOptions {
    let mut options = TxOptions::default();
    options.deadline = Duration::from_hours(24);
    options
}

fn cannot(pair: &Pair<'_>, error: raptor_db::Error) -> Error {
    Error::database(&format!("{} cannot be compared", pair.to), error)
}
