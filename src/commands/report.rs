//! `tradewind report`: the frozen report of a period.

use chrono::NaiveDate;
use tradewind::accounts::audit;
use tradewind::error::AppError;
use tradewind::flow::period::Period;
use tradewind::reports::periods;
use tradewind::reports::store::freezing::{self, Wish};
use tradewind::reports::store::kept::{self, New};
use tradewind::reports::store::mailing;

use super::{Failure, Outcome, node};

/// Makes the report of a period and prints its address. It stays as it is: where the period has one
/// already, that one is printed. Small groups are protected as on the pages.
///
/// Example: tradewind report --month 2026-10
/// Example: tradewind report --from 2026-07-01 --to 2026-10-01 --mail
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[command(
    override_usage = "tradewind report --month YYYY-MM [--mail]\n       tradewind report --from DATE --to DATE [--mail]"
)]
pub struct Args {
    /// The calendar month: the company's report of it, which is otherwise made by itself in the night after
    #[arg(long, value_name = "YYYY-MM", required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    month: Option<String>,
    /// First day of any other period, in TIME_ZONE
    #[arg(long, value_name = "DATE", value_parser = super::day, requires = "to")]
    from: Option<NaiveDate>,
    /// Day after its last day
    #[arg(long, value_name = "DATE", value_parser = super::day, requires = "from")]
    to: Option<NaiveDate>,
    /// Mail it to every Chief Customer Officer who has not got it; a node that serves sends the mail
    #[arg(long)]
    mail: bool,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    let app = node::open_existing(node::config()?)?;
    let now = app.clock.now();
    let calendar = app.calendar();
    let period = period(&args, calendar.day(now))?;
    let month = args.month.is_some().then_some(period.from);
    if args.mail && app.config.mail.is_none() {
        return Err(Failure::Usage(
            "--mail: nothing is sent while SMTP_URL and MAIL_FROM are not set".into(),
        ));
    }
    let known = app
        .db
        .read_alone(move |c| match month {
            Some(month) => Ok(kept::of_month(c, month)?),
            None => Ok(kept::about(c, period, None)?.map(|(id, _)| id)),
        })
        .await?;
    let id = match known {
        Some(id) => {
            eprintln!(
                "tradewind: the report of {} was made before and stays as it is",
                periods::name(period)
            );
            id
        }
        None => {
            let wish = Wish { period, segment: None };
            // Reading takes long; the writer is held for storing only.
            let frozen = app.db.read_alone(move |c| freezing::freeze(c, wish, calendar)).await?;
            app.db
                .write_alone(move |c| {
                    let new = New { month, wish, made_by: None, made_at: now, frozen: &frozen };
                    match kept::keep(c, &new)? {
                        Some(id) => {
                            let detail = format!("from {} to {}", period.from, period.last_day());
                            audit::record(c, None, now, "made", &format!("report:{id}"), &detail)?;
                            Ok(id)
                        }
                        // A node made the month's report in the meantime.
                        None => kept::of_month(c, period.from)?.ok_or(AppError::NotFound),
                    }
                })
                .await?
        }
    };
    say!("{}/reports/{id}", app.config.public_url);
    if args.mail {
        let url = app.config.public_url.clone();
        let mailed = app.db.write_alone(move |c| mailing::mail(c, id, now, &url)).await?;
        eprintln!(
            "tradewind: {}",
            match mailed {
                0 => "every Chief Customer Officer has got it already".to_owned(),
                1 => "put into the mail to 1 person".to_owned(),
                mailed => format!("put into the mail to {mailed} people"),
            }
        );
    }
    Ok(())
}

/// Whole days that are over.
fn period(args: &Args, today: NaiveDate) -> Result<Period, Failure> {
    let period = match (&args.month, args.from, args.to) {
        (Some(month), ..) => {
            let first = format!("{month}-01")
                .parse::<NaiveDate>()
                .map_err(|_| Failure::Usage(format!("--month {month} must be a month such as 2026-10")))?;
            periods::month_of(first)
        }
        (None, Some(from), Some(to)) => Period::new(from, to).ok_or_else(|| {
            Failure::Usage(format!("--to {to} must be after --from {from}: the period ends before that day"))
        })?,
        _ => return Err(Failure::Usage("name a --month, or --from and --to".into())),
    };
    if period.to > today {
        return Err(Failure::Usage(format!(
            "the period must be over before today, {today}: whole days are counted, and a report stays as it is"
        )));
    }
    Ok(period)
}
