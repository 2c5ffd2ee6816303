//! Who may see which insight: the one filter that every read of insights goes through, wherever it
//! happens. Lists, search, counts and pages of customers all use it, so that a later rule (restricted
//! spaces) is written here and nowhere else.

use diesel::dsl;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::accounts::person::Person;
use crate::db::schema::insights;

/// A condition on `insights`; it fits into any query that has the table.
pub type Visible = dsl::IsNull<insights::withdrawn_at>;

/// What is in the archive for this person: today everything that is not withdrawn, whoever asks.
pub fn visible_to(_person_id: i64) -> Visible {
    insights::withdrawn_at.is_null()
}

/// [`may_open`]'s condition.
pub type Openable = dsl::Or<dsl::Or<Visible, dsl::Eq<insights::author_id, i64>>, dsl::AsExprOf<bool, Bool>>;

/// What this person may open by its address: what is visible to them, and what was withdrawn if it is
/// their own or they curate. They see it marked, with the reason and a way back.
pub fn may_open(person: &Person) -> Openable {
    visible_to(person.id).or(insights::author_id.eq(person.id)).or(person.role.curates().into_sql::<Bool>())
}
