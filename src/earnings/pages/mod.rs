//! The pages of earning: one's own credits and how they came about, and the weeks for administrators.

mod credits;
mod week;
mod weeks;

use actix_web::web::{self, ServiceConfig};

use crate::earnings::store::Explained;
use crate::error::{AppError, AppResult};
use crate::policy::CreditPolicy;
use crate::web::App;

/// The routes of this feature.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/me/credits", web::get().to(credits::show))
        .route("/me/credits/{week}", web::get().to(week::show))
        .route("/earnings", web::get().to(weeks::list))
        .route("/earnings", web::post().to(weeks::settle))
        .route("/earnings/{week}", web::get().to(weeks::show));
}

/// The terms in force. A company without credits has no such page.
fn terms(app: &App) -> AppResult<CreditPolicy> {
    let policy = app.config.policy.credits;
    if policy.on { Ok(policy) } else { Err(AppError::NotFound) }
}

/// Fewer readers than this are told as "under 5".
const FEWEST: i32 = 5;

/// "1 credit", "20 credits".
fn credits(number: i64) -> String {
    if number == 1 { "1 credit".to_owned() } else { format!("{number} credits") }
}

/// How an insight earned, with its figures.
struct Shown {
    id: i64,
    title: String,
    withdrawn: bool,
    readers: i32,
    noted_uses: i32,
    /// The readers as they count.
    weighted: i32,
    /// The lower bound of the value: "3.4".
    lower: String,
    /// What it counts, in percent.
    percent: i32,
    earned: i64,
    paid: i64,
}

/// An insight whose figures are not told, and why it could not earn, where that is for everybody to see.
struct Untold {
    id: i64,
    title: String,
    withdrawn: bool,
    too_few: bool,
}

/// What a week's insights earned, as far as a page may tell it.
struct Account {
    shown: Vec<Shown>,
    untold: Vec<Untold>,
    /// Of all that are not told, together.
    untold_paid: i64,
    paid: i64,
}

impl Account {
    /// Figures only where the number of the insight is shown, since they say what it is, and where at least
    /// five people were counted, since with fewer their author could guess who.
    fn of(policy: &CreditPolicy, explained: Vec<Explained>) -> Account {
        let mut account = Account { shown: Vec::new(), untold: Vec::new(), untold_paid: 0, paid: 0 };
        for one in explained {
            let settled = one.settled;
            account.paid += one.paid;
            if one.has_number && settled.readers + settled.noted_uses >= FEWEST {
                account.shown.push(Shown {
                    id: settled.insight_id,
                    title: settled.title,
                    withdrawn: one.withdrawn,
                    readers: settled.readers,
                    noted_uses: settled.noted_uses,
                    weighted: settled.weighted_readers,
                    lower: format!("{:.2}", f64::from(settled.lower_hundredths) / 100.0),
                    percent: settled.quality_bp / 100,
                    earned: one.earned,
                    paid: one.paid,
                });
            } else {
                account.untold_paid += one.paid;
                account.untold.push(Untold {
                    id: settled.insight_id,
                    title: settled.title,
                    withdrawn: one.withdrawn,
                    too_few: i64::from(settled.raters) < policy.earn_raters,
                });
            }
        }
        account
    }
}
