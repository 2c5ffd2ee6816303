//! `tradewind user`: people, without the web.

use tradewind::accounts::links::{self, Purpose};
use tradewind::accounts::person::{Role, email_of};
use tradewind::accounts::store::{self, NewPerson};
use tradewind::accounts::{audit, department::DepartmentPath};
use tradewind::error::AppError;
use tradewind::text;
use tradewind::web::App;

use super::{Failure, Outcome, node};

/// Adds people, makes links for them, and disables them, on the database named by DATABASE_URL.
///
/// Example: tradewind user add ann@example.com --name "Ann Sample" --department Service/North
#[derive(clap::Args)]
#[command(verbatim_doc_comment, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Adds somebody and prints the invitation link, which works once, for 7 days.
    ///
    /// Example: tradewind user add ann@example.com --name "Ann Sample" --department Service/North --role cco
    #[command(verbatim_doc_comment)]
    Add(Add),
    /// Prints a link with which somebody chooses a new password; it works once, for 30 minutes. For
    /// somebody who has not joined yet it is a new invitation.
    ///
    /// Example: tradewind user reset-link ann@example.com
    #[command(verbatim_doc_comment)]
    ResetLink(Whom),
    /// Shuts somebody out and signs them out everywhere. What they shared stays.
    ///
    /// Example: tradewind user disable ann@example.com
    #[command(verbatim_doc_comment)]
    Disable(Whom),
}

#[derive(clap::Args)]
struct Add {
    /// E-mail; it is what they sign in with.
    email: String,
    /// Name as colleagues know it.
    #[arg(long)]
    name: String,
    /// Path of the department; opened if there is none.
    #[arg(long)]
    department: String,
    /// What they may do.
    #[arg(long, default_value = "employee", value_parser = ["employee", "curator", "cco", "admin"])]
    role: String,
    /// They lead people.
    #[arg(long)]
    manager: bool,
}

#[derive(clap::Args)]
struct Whom {
    /// E-mail of the account.
    email: String,
}

/// Runs it.
pub async fn run(args: Args) -> Outcome {
    match args.action {
        Action::Add(args) => add(args).await,
        Action::ResetLink(args) => reset_link(args).await,
        Action::Disable(args) => disable(args).await,
    }
}

/// The database that somebody is in; only adding somebody may make one.
fn open() -> Result<App, Failure> {
    node::open_existing(node::config()?)
}

async fn add(args: Add) -> Outcome {
    let wrong = |what: &str, why: String| Failure::Usage(format!("{what}: {why}"));
    let email = email_of(&args.email).map_err(|why| wrong("EMAIL", why))?;
    let name = text::one_line(&args.name, 120).map_err(|why| wrong("--name", why))?;
    if name.is_empty() {
        return Err(Failure::Usage("--name: write the name as colleagues know it".into()));
    }
    let department = DepartmentPath::parse(&args.department).map_err(|why| wrong("--department", why))?;
    let role = Role::named(&args.role).unwrap_or(Role::Employee);
    let app = node::open(node::config()?)?;
    let (now, public_url) = (app.clock.now(), app.config.public_url.clone());
    let today = app.calendar().day(now);
    let told = email.clone();
    let link = app
        .db
        .write(move |c| {
            if store::person_by_email(c, &email)?.is_some() {
                return Ok(None);
            }
            let department_id = store::open_department(c, &department, today)?;
            let new = NewPerson {
                email: email.clone(),
                name: name.clone(),
                role,
                department_id,
                manager: args.manager,
                joined_on: Some(today),
                left_on: None,
                password_hash: None,
            };
            let id = store::add_person(c, &new, now, today)?;
            let token = links::create(c, Purpose::Invitation, Some(id), now)?;
            audit::record(c, None, now, "invited", &format!("person:{id}"), role.name())?;
            Ok(Some(links::url(&public_url, Purpose::Invitation, &token)))
        })
        .await?;
    match link {
        Some(link) => {
            say!("{link}");
            Ok(())
        }
        None => Err(Failure::Failed(format!(
            "{told} is here already; for a new link run: tradewind user reset-link {told}"
        ))),
    }
}

async fn reset_link(whom: Whom) -> Outcome {
    let app = open()?;
    let (now, public_url) = (app.clock.now(), app.config.public_url.clone());
    let email = whom.email.clone();
    let link = app
        .db
        .write(move |c| {
            let Some(person) = store::person_by_email(c, &email)? else {
                return Err(AppError::NotFound);
            };
            if person.disabled_at.is_some() {
                return Err(AppError::Forbidden("disabled"));
            }
            let (purpose, link) = links::invite_or_reset(c, person.id, &public_url, now)?;
            audit::record(c, None, now, "made a link for", &format!("person:{}", person.id), purpose.name())?;
            Ok(link)
        })
        .await;
    match link {
        Ok(link) => {
            say!("{link}");
            Ok(())
        }
        Err(AppError::NotFound) => Err(nobody(&whom.email)),
        Err(AppError::Forbidden(_)) => Err(Failure::Failed(format!("{} is disabled", whom.email))),
        Err(error) => Err(error.into()),
    }
}

async fn disable(whom: Whom) -> Outcome {
    let app = open()?;
    let now = app.clock.now();
    let today = app.calendar().day(now);
    let email = whom.email.clone();
    let done = app
        .db
        .write(move |c| {
            let Some(person) = store::person_by_email(c, &email)? else {
                return Err(AppError::NotFound);
            };
            if person.disabled_at.is_some() {
                return Ok(false);
            }
            store::disable(c, person.id, now, today)?;
            audit::record(c, None, now, "disabled", &format!("person:{}", person.id), "")?;
            Ok(true)
        })
        .await;
    match done {
        Ok(true) => {
            say!("{} is disabled and signed out everywhere", whom.email);
            Ok(())
        }
        Ok(false) => {
            say!("{} was disabled already", whom.email);
            Ok(())
        }
        Err(AppError::NotFound) => Err(nobody(&whom.email)),
        Err(AppError::Forbidden(_)) => Err(Failure::Failed(format!(
            "{} is the last administrator; make somebody else administrator first",
            whom.email
        ))),
        Err(error) => Err(error.into()),
    }
}

fn nobody(email: &str) -> Failure {
    Failure::Failed(format!("nobody has the e-mail {email}"))
}
