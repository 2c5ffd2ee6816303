//! Conditions the query builder does not know, and statements it would not keep prepared. All have one text
//! whatever the values are, so that the prepared statement is found again: `eq_any(vec)` is prepared anew
//! each time on SQLite.

use diesel::backend::Backend;
use diesel::connection::LoadConnection;
use diesel::expression::{AppearsOnTable, QueryMetadata, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType};

/// A statement with one text whatever its values are, kept prepared by the connection.
///
/// Diesel keeps no `sql_query`, `UPDATE` or `ON CONFLICT DO UPDATE`, since their texts may be many. Preparing
/// costs more than running where a statement touches a few rows: the count of requests in every page's
/// frame was a fifth of the page. Of a `SELECT` it asks each time again, part by part, whether the text may
/// change, which was a twentieth of the feed. Works inside [`crate::each_db!`] only; the enum of connections
/// does not ask.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(pub Q);

impl<Q> Prepared<Q> {
    /// Runs a writing statement and counts the rows it wrote, which it must return
    /// (`.returning(column)`). Diesel's own `execute`, which this stands in front of, asks a reference
    /// whether the statement may be kept, and a reference answers for what is inside: every write was
    /// prepared anew.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute<C>(self, c: &mut C) -> QueryResult<usize>
    where
        C: LoadConnection,
        Self: Query + QueryFragment<C::Backend> + QueryId,
        C::Backend: QueryMetadata<<Self as Query>::SqlType>,
    {
        let mut rows = 0;
        for row in c.load(self)? {
            row?;
            rows += 1;
        }
        Ok(rows)
    }
}

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

// Found again by its type where that says all, and else, as updates are, by its text.
impl<Q: QueryId> QueryId for Prepared<Q> {
    type QueryId = Prepared<Q::QueryId>;

    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, C> RunQueryDsl<C> for Prepared<Q> {}

/// `(a, b) < (x, y)`: the rows that follow another in an index read backwards.
#[derive(Clone, Debug, QueryId)]
pub struct Before<C, V> {
    columns: C,
    values: V,
}

/// The rows whose `columns` (a tuple) come before `values` (a tuple of as many), compared from left to
/// right: the next page of a list in descending order. Both databases answer it from the index.
pub fn before<C, V>(columns: C, values: V) -> Before<C, V>
where
    C: Expression,
    V: Expression<SqlType = C::SqlType>,
{
    Before { columns, values }
}

impl<C: Expression, V: Expression> Expression for Before<C, V> {
    type SqlType = Bool;
}

impl<C, V, T: ?Sized> AppearsOnTable<T> for Before<C, V>
where
    C: AppearsOnTable<T>,
    V: AppearsOnTable<T>,
{
}

impl<C, V, T: ?Sized> SelectableExpression<T> for Before<C, V>
where
    C: SelectableExpression<T>,
    V: SelectableExpression<T>,
{
}

impl<C, V> ValidGrouping<()> for Before<C, V> {
    type IsAggregate = is_aggregate::No;
}

impl<C, V, DB> QueryFragment<DB> for Before<C, V>
where
    DB: Backend,
    C: QueryFragment<DB>,
    V: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(") < (");
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(")");
        Ok(())
    }
}

/// How many rows a page of a list has, and ids [`in_few`] takes.
pub const FEW: usize = 30;

/// `column IN (…)` with a fixed number of places.
#[derive(Clone, Debug, QueryId)]
pub struct InFew<C> {
    column: C,
    ids: [i64; FEW],
}

/// The rows whose `column` is one of `ids`; of more than [`FEW`] the rest is left out.
pub fn in_few<C: Expression<SqlType = BigInt>>(column: C, ids: &[i64]) -> InFew<C> {
    InFew { column, ids: padded(ids) }
}

/// The first [`FEW`] ids; empty places hold 0, which is no row's id.
pub(super) fn padded(ids: &[i64]) -> [i64; FEW] {
    let mut places = [0; FEW];
    for (place, id) in places.iter_mut().zip(ids) {
        *place = *id;
    }
    places
}

/// Writes `($1, …, $30)`.
pub(super) fn push_few<'b, DB>(ids: &'b [i64; FEW], out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
where
    DB: Backend + HasSqlType<BigInt>,
    i64: ToSql<BigInt, DB>,
{
    for (place, id) in ids.iter().enumerate() {
        out.push_sql(if place == 0 { "(" } else { ", " });
        out.push_bind_param::<BigInt, _>(id)?;
    }
    out.push_sql(")");
    Ok(())
}

impl<C: Expression> Expression for InFew<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<T>, T: ?Sized> AppearsOnTable<T> for InFew<C> {}

impl<C: SelectableExpression<T>, T: ?Sized> SelectableExpression<T> for InFew<C> {}

impl<C> ValidGrouping<()> for InFew<C> {
    type IsAggregate = is_aggregate::No;
}

impl<C, DB> QueryFragment<DB> for InFew<C>
where
    DB: Backend + HasSqlType<BigInt>,
    C: QueryFragment<DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN ");
        push_few(&self.ids, &mut out)
    }
}

diesel::define_sql_function! {
    /// How many bytes a text has in UTF-8, which both databases know without reading it.
    fn octet_length(text: diesel::sql_types::Text) -> diesel::sql_types::Integer;
}

diesel::define_sql_function! {
    /// `length` characters of a text from the character `from`, counted from 1; on both databases.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}

diesel::define_sql_function! {
    /// All texts of a group, one after the other with `between` between them; nothing of no rows. On both databases.
    #[aggregate]
    fn string_agg(text: diesel::sql_types::Text, between: diesel::sql_types::Text) -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use diesel::connection::{InstrumentationEvent, SimpleConnection};

    use super::*;

    diesel::table! {
        sums (key) {
            key -> BigInt,
            sum -> BigInt,
        }
    }

    /// A write that is prepared anew is not seen to be put among the prepared ones.
    #[test]
    fn a_write_is_prepared_once() {
        let mut c = SqliteConnection::establish(":memory:").expect("a database");
        c.batch_execute("CREATE TABLE sums (key BIGINT PRIMARY KEY, sum BIGINT NOT NULL)").expect("a table");
        let kept = Arc::new(AtomicUsize::new(0));
        let seen = kept.clone();
        c.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        for key in [1, 1, 2] {
            let put = diesel::insert_into(sums::table)
                .values((sums::key.eq(key), sums::sum.eq(1)))
                .on_conflict(sums::key)
                .do_update()
                .set(sums::sum.eq(sums::sum + 1))
                .returning(sums::key);
            assert_eq!(Prepared(put).execute(&mut c), Ok(1));
        }
        assert_eq!(kept.load(Ordering::Relaxed), 1);
        for (at_least, rows) in [(0, 2), (2, 1), (9, 0)] {
            let all = diesel::update(sums::table.filter(sums::sum.ge(at_least)))
                .set(sums::sum.eq(sums::sum + 0))
                .returning(sums::key);
            assert_eq!(Prepared(all).execute(&mut c), Ok(rows), "{at_least}");
        }
        assert_eq!(kept.load(Ordering::Relaxed), 2);
        let found = sums::table.order(sums::key).load::<(i64, i64)>(&mut c);
        assert_eq!(found, Ok(vec![(1, 2), (2, 1)]));
    }
}
