//! Sharing, with what follows from it: one way for whatever form a new insight comes from. An answer to a
//! request once went without, and nobody heard of a mention or a telephone number in it.

use super::texts::{self, Alike};
use crate::accounts::person::{Actor, Person};
use crate::archive::draft::Draft;
use crate::archive::store;
use crate::archive::telling::{self, By, Told};
use crate::db::Conn;
use crate::error::AppResult;
use crate::market;

/// Keeps a new insight, starts its value, opens cases for personal data in it and for what it resembles
/// ([`texts::alike_to`], read before), and tells whom it mentions. Returns its id, and whom it told.
///
/// # Errors
/// What the database says.
pub fn publish(
    c: &mut Conn,
    person: &Person,
    actor: &Actor,
    draft: &Draft,
    alike: &[Alike],
) -> AppResult<(i64, Told)> {
    let id = store::share(c, actor, draft)?;
    market::store::values::start(c, id, actor.at)?;
    texts::look(c, actor.at, id, alike)?;
    if !draft.title.contains('@') && !draft.body.contains('@') {
        return Ok((id, Told::default()));
    }
    let insight = store::insight(c, person, id)?;
    let told = telling::mentioned_in_insight(c, &By::name(person), &insight, actor)?;
    Ok((id, told))
}
