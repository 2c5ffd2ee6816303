//! `tradewind serve`: a node.

use std::net::TcpListener;

use tradewind::accounts::store;

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
    tradewind::web::server::serve(app, listener).await.map_err(Failure::Failed)
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
