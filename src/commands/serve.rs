//! `tradewind serve`: a node.

use std::net::TcpListener;

use tradewind::accounts::store;
use tradewind::db::{DatabaseUrl, place, upkeep};

use super::{Failure, Outcome, node};

/// Serves the database named by DATABASE_URL (default sqlite:tradewind.db) at LISTEN.
///
/// Example: LISTEN=0.0.0.0:8080 PUBLIC_URL=https://insights.example.com tradewind serve
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {}

/// Runs it.
pub async fn run(_: Args) -> Outcome {
    let config = node::config()?;
    let listener = listen(&config)?;
    let mut app = node::open(config)?;
    look_at_file(&app).await?;
    if app.db.read(|c| Ok(tradewind::demo::make::is_demo(c)?)).await? {
        // A demo company writes to nobody, by whichever command it is served.
        app.demo = true;
        app.config =
            std::sync::Arc::new(tradewind::config::Config { mail: None, ..app.config.as_ref().clone() });
    }
    eprintln!("serving {} at {}, listening on {}", app.db.url(), app.config.public_url, app.config.listen);
    match app.mail() {
        Some(mail) => eprintln!("sending mail by {} as {}", mail.server(), mail.from),
        None if app.demo => eprintln!("sending no mail: this is a demo company"),
        None => eprintln!("sending no mail: SMTP_URL and MAIL_FROM are not set"),
    }
    offer_set_up(&app).await?;
    tradewind::web::server::serve(app, listener).await.map_err(Failure::Failed)?;
    eprintln!("stopped");
    Ok(())
}

/// The largest file that is read whole before it is served: two seconds or so. Larger ones are read by a job.
const READ_AT_START: u64 = 256 << 20;

/// Refuses a damaged SQLite file, and says when others on the machine may read it.
async fn look_at_file(app: &tradewind::web::App) -> Outcome {
    let DatabaseUrl::Sqlite(path) = app.db.url() else { return Ok(()) };
    let cannot = |error| Failure::Failed(format!("cannot look at {path}: {error}"));
    if place::is_open_to_others(path).map_err(cannot)? {
        tracing::warn!("others on this machine may read {path}, who opened what in it: chmod 600 {path}");
    }
    if std::fs::metadata(path).map_err(cannot)?.len() > READ_AT_START {
        return Ok(());
    }
    match app.db.read_alone(|c| Ok(upkeep::damage(c)?)).await? {
        Some(damage) => Err(Failure::Failed(upkeep::advice(app.db.url(), &damage))),
        None => Ok(()),
    }
}

/// On a database without anybody, prints the link that makes the first administrator. There is no
/// default account.
async fn offer_set_up(app: &tradewind::web::App) -> Outcome {
    let (public_url, now) = (app.config.public_url.clone(), app.clock.now());
    let link = app.db.write(move |c| tradewind::accounts::links::setup_link(c, &public_url, now)).await?;
    if let Some(link) = link {
        eprintln!(
            "nobody is here yet; open this link within {} to become the first administrator (it works once):",
            tradewind::accounts::links::Purpose::Setup.lasts()
        );
        eprintln!("{link}");
        return Ok(());
    }
    let administrators = app.db.read(|c| Ok(store::administrators_besides(c, 0)?)).await?;
    if administrators == 0 {
        eprintln!(
            "nobody here is an administrator, so nobody can invite people; make one: \
             tradewind user add EMAIL --name NAME --department DEPARTMENT --role admin"
        );
    }
    Ok(())
}

/// Takes the address, or says who might have it.
pub fn listen(config: &tradewind::config::Config) -> Result<TcpListener, Failure> {
    TcpListener::bind(config.listen).map_err(|error| {
        Failure::Failed(format!(
            "cannot listen on {}: {error}; set LISTEN to another address, such as LISTEN=127.0.0.1:8081",
            config.listen
        ))
    })
}
