//! Who may come in: an extractor per role. There is no other way to get a [`Person`] in a handler.

use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::Duration;

use super::person::{Actor, Person, Role};
use super::session::{self, Lifetime};
use crate::error::{AppError, AppResult};
use crate::web::App;
use crate::web::token;

/// Somebody signed in, whatever their role.
#[derive(Clone, Debug)]
pub struct Member {
    pub person: Person,
    /// The digest of this session, to keep it when the others are ended.
    pub session: String,
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
    let Some(app) = req.app_data::<web::Data<App>>() else {
        return Err(AppError::Internal("no application state".into()));
    };
    let back_to = match *req.method() {
        Method::GET | Method::HEAD => req.uri().path_and_query().map_or("/", |path| path.as_str()),
        // A form cannot be sent again from the sign-in page: lead to where it stood, if it said so.
        _ => "/",
    };
    let sign_in = || AppError::SignIn { back_to: back_to.to_owned() };
    let cookie = req.cookie(token::session_cookie_name(app.config.is_secure())).ok_or_else(sign_in)?;
    let cookie = cookie.value().to_owned();
    let now = app.clock.now();
    let lifetime = Lifetime { idle: app.config.session_idle, total: app.config.session_total };
    let live = app.db.read(move |c| session::find(c, &cookie, now, lifetime)).await?.ok_or_else(sign_in)?;
    if now - live.last_seen_at > Duration::minutes(1) {
        let digest = live.digest.clone();
        app.db.write(move |c| Ok(session::touch(c, &digest, now)?)).await?;
    }
    let actor = live.person.acting(now, app.calendar());
    Ok(Member { person: live.person, session: live.digest, actor })
}

/// Makes an extractor that lets in only people whose role fits.
macro_rules! guard {
    ($(#[$doc:meta])* $name:ident, $fits:path, $refusal:literal) => {
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
                        Err(AppError::Forbidden($refusal))
                    }
                })
            }
        }
    };
}

guard!(
    /// A curator.
    Curator, Role::curates, "Only curators can do this. Ask one of them."
);
guard!(
    /// The customer office: whoever may see the flow of the whole company.
    Officer, Role::sees_flow, "Only the Chief Customer Officer sees this page."
);
guard!(
    /// An administrator.
    Admin, Role::administers, "Only administrators can do this. Ask one of them."
);
