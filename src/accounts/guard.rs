//! Who may come in: an extractor per role. There is no other way to get a [`Person`] in a handler.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{Duration, NaiveDateTime};

use super::person::{Actor, Person, Role};
use super::seen;
use super::session::{self, Lifetime};
use crate::db::Conn;
use crate::error::{AppError, AppResult};
use crate::web::App;
use crate::web::page::Frame;
use crate::web::token;

/// Somebody signed in, whatever their role.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: Person,
    /// The digest of this session, to keep it when the others are ended.
    pub session: String,
    /// When the password was given last, UTC; see [`super::proof`].
    pub proved_at: NaiveDateTime,
    /// Who acts, and when: for everything that is stored.
    pub actor: Actor,
}

impl Deref for Member {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.person
    }
}

impl FromRequest for Member {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = AppResult<Member>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { member(&req).await })
    }
}

async fn member(req: &HttpRequest) -> AppResult<Member> {
    Ok(Caller::of(req)?.read(|_, _| Ok(())).await?.0)
}

/// Somebody with the cookie of a session, who is looked up with what they ask for: on the same
/// connection, before it. For the pages that are opened most: a look-up of its own is a second way to
/// another thread and back, a third of such a page. Who is behind the cookie is told to nobody else.
pub struct Caller {
    app: web::Data<App>,
    cookie: String,
    back_to: String,
    now: NaiveDateTime,
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<AppResult<Caller>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Caller::of(req))
    }
}

impl Caller {
    fn of(req: &HttpRequest) -> AppResult<Caller> {
        let Some(app) = req.app_data::<web::Data<App>>() else {
            return Err(AppError::Internal("no application state".into()));
        };
        let back_to = match *req.method() {
            Method::GET | Method::HEAD => req.uri().path_and_query().map_or("/", |path| path.as_str()),
            // A form cannot be sent again from the sign-in page: lead to where it stood, if it said so.
            _ => "/",
        };
        let back_to = back_to.to_owned();
        let now = app.clock.now();
        match req.cookie(token::session_cookie_name(app.config.is_secure())) {
            Some(cookie) => Ok(Caller { app: app.clone(), cookie: cookie.value().to_owned(), back_to, now }),
            None => Err(AppError::SignIn { back_to }),
        }
    }

    /// When the request came, UTC.
    pub fn now(&self) -> NaiveDateTime {
        self.now
    }

    /// The answer to a request that cannot be read: `error` for somebody signed in, the way to the sign-in
    /// page for anybody else, who is told nothing.
    pub async fn refuse(self, error: AppError) -> AppError {
        self.read(|_, _| Ok(())).await.err().unwrap_or(error)
    }

    /// Runs a reading closure for whoever this is ([`crate::db::Db::read`]).
    ///
    /// # Errors
    /// To the sign-in page where the session has ended; what the closure returns.
    pub async fn read<T, F>(self, work: F) -> AppResult<(Member, T)>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn, &Member) -> AppResult<T> + Send + 'static,
    {
        let app = self.app.clone();
        let now = self.now;
        let look_up = self.look_up();
        let (member, last_seen_at, result) = app
            .db
            .read(move |c| {
                let (member, last_seen_at) = look_up(c)?;
                let result = work(c, &member)?;
                Ok((member, last_seen_at, result))
            })
            .await?;
        let is_long_ago = is_long_ago(last_seen_at, now);
        let (actor, is_first) = (member.actor, is_first_today(&app, &member.actor));
        if is_long_ago || is_first {
            let digest = member.session.clone();
            app.db
                .write(move |c| {
                    if is_long_ago {
                        session::touch(c, &digest, now)?;
                    }
                    if is_first {
                        seen::keep(c, actor.person_id, actor.day)?;
                    }
                    Ok(())
                })
                .await?;
            app.noted.remember(actor.day, here(actor.person_id));
        }
        Ok((member, result))
    }

    /// Runs a writing closure for whoever this is ([`crate::db::Db::write`]).
    ///
    /// # Errors
    /// To the sign-in page where the session has ended; what the closure returns.
    pub async fn write<T, F>(self, work: F) -> AppResult<(Member, T)>
    where
        T: Send + 'static,
        F: Fn(&mut Conn, &Member) -> AppResult<T> + Send + 'static,
    {
        let app = self.app.clone();
        let now = self.now;
        let look_up = self.look_up();
        let here_app = app.clone();
        let (member, result) = app
            .db
            .write(move |c| {
                let (member, last_seen_at) = look_up(c)?;
                if is_long_ago(last_seen_at, now) {
                    session::touch(c, &member.session, now)?;
                }
                if is_first_today(&here_app, &member.actor) {
                    seen::keep(c, member.actor.person_id, member.actor.day)?;
                }
                let result = work(c, &member)?;
                Ok((member, result))
            })
            .await?;
        if is_first_today(&app, &member.actor) {
            app.noted.remember(member.actor.day, here(member.actor.person_id));
        }
        Ok((member, result))
    }

    fn look_up(self) -> impl Fn(&mut Conn) -> AppResult<(Member, NaiveDateTime)> + Send + 'static {
        let Caller { app, cookie, back_to, now } = self;
        let lifetime = Lifetime { idle: app.config.session_idle, total: app.config.session_total };
        let calendar = app.calendar();
        // An error page shows the navigation too, and the error may come before the person gets here.
        let frame = Frame::current();
        move |c| {
            let live = session::find(c, &cookie, now, lifetime)?
                .ok_or_else(|| AppError::SignIn { back_to: back_to.clone() })?;
            let actor = live.person.acting(now, calendar);
            frame.meet(&live.person);
            let (session, proved_at) = (live.digest, live.proved_at);
            Ok((Member { person: live.person, session, proved_at, actor }, live.last_seen_at))
        }
    }
}

/// Whether a session was last seen so long ago that it is worth a write.
fn is_long_ago(last_seen_at: NaiveDateTime, now: NaiveDateTime) -> bool {
    now - last_seen_at > Duration::minutes(1)
}

/// Whether this node has not yet noted today that somebody is here; see [`seen`].
fn is_first_today(app: &App, actor: &Actor) -> bool {
    !app.noted.knows(actor.day, &here(actor.person_id))
}

/// That somebody is here, as [`crate::web::noted::Noted`] knows it.
fn here(person_id: i64) -> String {
    format!("{person_id} here")
}

/// Makes an extractor that lets in only people whose role fits.
macro_rules! guard {
    ($(#[$doc:meta])* $name:ident, $fits:path, $refusal:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Member);

        impl Deref for $name {
            type Target = Member;

            fn deref(&self) -> &Member {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = AppError;
            type Future = Pin<Box<dyn Future<Output = AppResult<$name>>>>;

            fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
                let req = req.clone();
                Box::pin(async move {
                    let member = member(&req).await?;
                    let fits: fn(Role) -> bool = $fits;
                    if fits(member.person.role) {
                        Ok($name(member))
                    } else {
                        let refusal: fn(&Member) -> AppError = $refusal;
                        Err(refusal(&member))
                    }
                })
            }
        }
    };
}

guard!(
    /// A curator.
    Curator, Role::curates, |_| AppError::Forbidden("Only curators can do this. Ask one of them.")
);
guard!(
    /// The customer office: whoever may see the flow of the whole company.
    Officer, Role::sees_flow, not_the_officer
);
guard!(
    /// An administrator.
    Admin, Role::administers, |_| AppError::Forbidden("Only administrators can do this. Ask one of them.")
);

/// A manager is told where the figures of the own department are, anybody else what leadership sees of theirs.
fn not_the_officer(member: &Member) -> AppError {
    if !member.manager {
        return AppError::ForbiddenBut {
            why: "Only the Chief Customer Officer sees this page. What of it is about your department, you see as well.",
            href: "/transparency".into(),
            words: "What leadership sees",
        };
    }
    AppError::ForbiddenBut {
        why: "Only the Chief Customer Officer sees the flow of the whole company. You see your own department.",
        href: format!("/flow/departments/{}", member.department_id),
        words: "Your department",
    }
}
