//! Sending what is in the outbox, over SMTP.

use std::sync::atomic::Ordering;
use std::time::Duration as Wait;

use chrono::{Duration, NaiveDateTime};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::PoolConfig;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::gather::one_line;
use super::store::outbox::{self, Ready};
use crate::error::AppResult;
use crate::web::App;

/// How often a node looks for mail.
const TICK: Wait = Wait::from_secs(5);
/// How long it leaves a server alone that did not answer.
const REST: Wait = Wait::from_secs(30);
/// How long one mail may take.
const PATIENCE: Wait = Wait::from_secs(120);
/// Mails that are looked for at once.
const BATCH: i64 = 50;
/// Longest time between two tries.
const LONGEST_PAUSE: Duration = Duration::hours(4);

/// The way to the mail server; keeps a connection or two open between mails.
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The right side of a Message-ID.
    host: String,
    public_url: String,
    /// Names this process in a lease.
    node: String,
    tries: i32,
}

/// What became of the mail that was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub sent: usize,
    /// Will be tried again.
    pub later: usize,
    /// Will not.
    pub failed: usize,
    /// The server could not be spoken to, so the rest was left alone.
    pub unreachable: bool,
}

/// What a try came to.
enum Outcome {
    Sent,
    /// The server refuses this mail.
    Refused(String),
    /// The server wants it later.
    Later(String),
    /// There is no speaking to the server at all.
    Unreachable(String),
}

impl Post {
    /// The way to the configured server; none where no mail is sent.
    ///
    /// # Errors
    /// When lettre cannot use the settings, such as a system without any certificates.
    pub fn of(app: &App) -> Result<Option<Post>, String> {
        let Some(mail) = app.mail() else {
            return Ok(None);
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(mail.secret_url())
            .map_err(|error| format!("mail cannot be sent: {error}"))?
            .pool_config(PoolConfig::new().max_size(2))
            .timeout(Some(Wait::from_secs(30)))
            .build();
        let node = crate::web::token::fresh().map_err(|error| error.to_string())?;
        let url = url::Url::parse(&app.config.public_url).ok();
        Ok(Some(Post {
            transport,
            from: mail.from.clone(),
            host: url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default(),
            public_url: app.config.public_url.clone(),
            node: node.chars().take(12).collect(),
            tries: i32::try_from(app.config.policy.notices.mail_tries).unwrap_or(i32::MAX),
        }))
    }

    /// Sends what is due, one after the other, until nothing is or the server does not answer.
    ///
    /// # Errors
    /// When the outbox cannot be read or written.
    pub async fn send_due(&self, app: &App) -> AppResult<Round> {
        let mut round = Round::default();
        loop {
            let now = app.clock.now();
            let ids = app.db.read(move |c| Ok(outbox::due(c, now, BATCH)?)).await?;
            let all = ids.len();
            for id in ids {
                self.send_one(app, id, &mut round).await?;
                if round.unreachable {
                    return Ok(round);
                }
            }
            if all < BATCH as usize {
                return Ok(round);
            }
        }
    }

    async fn send_one(&self, app: &App, id: i64, round: &mut Round) -> AppResult<()> {
        let (node, url, now) = (self.node.clone(), self.public_url.clone(), app.clock.now());
        let taken = app.db.write(move |c| outbox::take(c, id, &node, now, &url)).await?;
        let Some(mail) = taken else {
            return Ok(());
        };
        let outcome = self.try_once(&mail, now).await;
        let now = app.clock.now();
        let (failed, problem) = match outcome {
            Outcome::Sent => {
                round.sent += 1;
                return self.note(app, move |c, node| outbox::sent(c, id, node, now)).await;
            }
            Outcome::Refused(problem) => (true, problem),
            Outcome::Later(problem) => (mail.tries >= self.tries, problem),
            Outcome::Unreachable(problem) => {
                round.unreachable = true;
                (mail.tries >= self.tries, problem)
            }
        };
        tracing::warn!(mail = id, tries = mail.tries, problem, "mail not sent");
        if failed {
            round.failed += 1;
            return self.note(app, move |c, node| outbox::failed(c, id, node, now, &problem)).await;
        }
        round.later += 1;
        let next_at = now + pause(mail.tries);
        self.note(app, move |c, node| outbox::later(c, id, node, next_at, &problem)).await
    }

    /// Writes down what became of a mail, with patience: a mail that was sent and not noted is sent twice.
    async fn note<F>(&self, app: &App, write: F) -> AppResult<()>
    where
        F: Fn(&mut crate::db::Conn, &str) -> diesel::QueryResult<()> + Clone + Send + 'static,
    {
        let mut tries = 0;
        loop {
            let (node, write) = (self.node.clone(), write.clone());
            match app.db.write(move |c| Ok(write(c, &node)?)).await {
                Err(error) if tries < 5 => {
                    tracing::warn!(%error, "what became of a mail could not be noted yet");
                    tries += 1;
                    actix_web::rt::time::sleep(Wait::from_millis(200 * tries)).await;
                }
                other => return other,
            }
        }
    }

    async fn try_once(&self, mail: &Ready, now: NaiveDateTime) -> Outcome {
        let message = match self.message(mail, now) {
            Ok(message) => message,
            Err(problem) => return Outcome::Refused(problem),
        };
        match tokio::time::timeout(PATIENCE, self.transport.send(message)).await {
            Ok(Ok(_)) => Outcome::Sent,
            Ok(Err(error)) => judge(&error),
            Err(_) => Outcome::Unreachable("the mail server took too long".to_owned()),
        }
    }

    /// The mail as it travels: plain text, addressed to one person, marked as sent by a program.
    fn message(&self, mail: &Ready, now: NaiveDateTime) -> Result<Message, String> {
        let address = mail
            .address
            .parse::<Address>()
            .map_err(|_| format!("\"{}\" is no address mail can be sent to", mail.address))?;
        let header =
            |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(one_line(&mail.name, 120)), address))
            .subject(one_line(&mail.subject, 200))
            .date(now.and_utc().into())
            .message_id(Some(format!("<{}@{}>", mail.message_id, self.host)))
            .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
        if let Some(url) = &mail.unsubscribe {
            // RFC 8058: a mail program stops it with one POST, without opening the page.
            message = message
                .raw_header(header("List-Unsubscribe", format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        message
            .header(ContentType::TEXT_PLAIN)
            .body(mail.body.clone())
            .map_err(|error| format!("the mail could not be written: {error}"))
    }
}

/// How long to wait after the try with this number: a minute, then twice as long each time.
fn pause(tries: i32) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(20);
    Duration::minutes(1_i64 << doublings).min(LONGEST_PAUSE)
}

/// What an error says about the mail, or about the server.
fn judge(error: &SmtpError) -> Outcome {
    let problem = error.to_string();
    let code = error.status().map(u16::from);
    match code {
        // Wrong name or password, or a server that closes: the next mail would hear the same.
        Some(421 | 454 | 530 | 534 | 535 | 538) => Outcome::Unreachable(problem),
        Some(500..) => Outcome::Refused(problem),
        Some(_) => Outcome::Later(problem),
        None if error.is_client() => Outcome::Refused(problem),
        None => Outcome::Unreachable(problem),
    }
}

/// Sends what is due until the node is told to stop, and once more then: what was promised by an answered
/// request is on its way before the node goes.
pub async fn keep_sending(app: App) {
    let post = match Post::of(&app) {
        Ok(Some(post)) => post,
        Ok(None) => return,
        Err(problem) => {
            tracing::error!(problem, "no mail is sent by this node");
            return;
        }
    };
    loop {
        let last = app.draining.load(Ordering::Relaxed);
        let mut wait = TICK;
        match post.send_due(&app).await {
            Ok(round) if round.unreachable => wait = REST,
            Ok(Round { sent: 0, .. }) => {}
            Ok(round) => tracing::info!(sent = round.sent, "mail sent"),
            Err(error) => tracing::warn!(%error, "the outbox could not be looked at"),
        }
        if last {
            return;
        }
        let step = Wait::from_millis(200);
        let mut waited = Wait::ZERO;
        while waited < wait && !app.draining.load(Ordering::Relaxed) {
            actix_web::rt::time::sleep(step).await;
            waited += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_four_hours_and_twenty_tries_to_two_days() {
        let minutes: Vec<i64> = (1..=10).map(|tries| pause(tries).num_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        let all: i64 = (1..20).map(|tries| pause(tries).num_hours()).sum();
        assert!((44..56).contains(&all), "{all} hours");
    }
}
