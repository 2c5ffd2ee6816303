//! Conditions the query builder does not know, and statements it would not keep prepared. All have one text
//! whatever the values are, so that the prepared statement is found again: `eq_any(vec)` is prepared anew
//! each time on SQLite.

use diesel::backend::Backend;
use diesel::expression::{AppearsOnTable, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, HasSqlType};

/// A statement with one text whatever its values are, kept prepared by the connection.
///
/// Diesel keeps no `sql_query`, `UPDATE` or `ON CONFLICT DO UPDATE`, since their texts may be many. Preparing
/// costs more than running where a statement touches a few rows: the count of requests in every page's
/// frame was a fifth of the page. Works inside [`crate::each_db!`] only; the enum of connections does not
/// ask.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<Q>(pub Q);

impl<Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

// Found again by its text: two updates of the same columns are the same statement only if that is.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
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
    /// `length` characters of a text from the character `from`, counted from 1; on both databases.
    fn substr(text: diesel::sql_types::Text, from: diesel::sql_types::Integer, length: diesel::sql_types::Integer) -> diesel::sql_types::Text;
}
