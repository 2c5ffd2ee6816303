//! Mail over an encrypted line, to a server that shows a certificate.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tradewind::db::schema::outbox;
use tradewind::notices::store::outbox as box_of_mail;

use super::sending::{FROM, crowd, deliver, with_mail_at, write_to};
use crate::support::node::Node;
use crate::support::smtp::{MailServer, Manners};
use crate::support::*;

/// A certificate of the fixtures and its key.
macro_rules! certificate {
    ($name:literal) => {
        (
            include_str!(concat!("../fixtures/tls/", $name, ".pem")),
            include_str!(concat!("../fixtures/tls/", $name, ".key")),
        )
    };
}

/// A server that shows this certificate and asks for a password, and its address as a setting.
fn server((certificate, key): (&str, &str)) -> (MailServer, String) {
    let chain = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .expect("a server's settings");
    let server = MailServer::with_tls(tls);
    let password = Some(("ann".to_owned(), "canary-7431".to_owned()));
    server.behave(Manners { password, ..Manners::default() });
    let url = format!("smtp://ann:canary-7431@127.0.0.1:{}?tls=required", server.port());
    (server, url)
}

/// A running program whose system trusts the certificates in `trusted`, and no others.
fn start(app: &TestApp, url: &str, trusted: &Path) -> Node {
    let trusted = trusted.display().to_string();
    let settings = [
        ("DATABASE_URL", app.full_url()),
        ("SMTP_URL", url.to_owned()),
        ("MAIL_FROM", FROM.to_owned()),
        ("PUBLIC_URL", PUBLIC_URL.to_owned()),
        ("SSL_CERT_FILE", trusted),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Node::start(&["serve"], &settings)
}

/// How often the only mail was tried, and what came of it last.
async fn tried(app: &TestApp) -> (i32, String) {
    app.ask(|c| Ok(outbox::table.select((outbox::tries, outbox::problem)).first(c)?)).await
}

/// Nothing but greetings was said on a line that anybody can read.
fn nothing_in_clear(server: &MailServer) {
    let clear = server.heard_in_clear();
    for line in clear.lines() {
        assert!(line.starts_with("EHLO ") || line == "STARTTLS" || line == "QUIT", "{clear}");
    }
    assert!(clear.contains("STARTTLS"), "{clear}");
}

on_both!(a_certificate_nobody_vouches_for_gets_no_mail, |app| async move {
    let (server, url) = server(certificate!("here"));
    let app = with_mail_at(&app, &url).await;
    write_to(&app, &crowd(&app, 1).await).await;
    // Tried again and again: the mail is kept, and the server learns nothing.
    for tries in 1..4 {
        let round = deliver(&app).await;
        assert_eq!((round.sent, round.later, round.unreachable), (0, 1, true));
        let (tried, problem) = tried(&app).await;
        assert_eq!(tried, tries);
        assert!(problem.to_lowercase().contains("certificate"), "{problem}");
        app.later(60);
    }
    assert_eq!(app.ask(|c| Ok(box_of_mail::counts(c)?)).await, (1, 0));
    nothing_in_clear(&server);
    assert!(server.arrived().is_empty() && !server.heard().contains("AUTH"), "{}", server.heard());
    let admin = app.admin("Ada Admin", "Office").await;
    let page = admin.get("/admin/mail").await.expect(200);
    assert!(page.text().to_lowercase().contains("certificate") && !page.body.contains("canary"), "{page:?}");

    // The system is told to trust it: what waited is sent, all of it encrypted.
    let folder = temporary_folder();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate!("here").0).expect("a certificate in a file");
    let mut node = start(&app, &url, &trusted);
    let begun = Instant::now();
    while server.arrived().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", node.listen());
        std::thread::sleep(Duration::from_millis(20));
    }
    node.signal("TERM");
    assert_eq!(node.wait(Duration::from_secs(30)).code(), Some(0));
    assert_eq!(server.arrived()[0].to, "p0@example.com");
    assert!(server.heard().contains("AUTH"));
    nothing_in_clear(&server);
});

on_both!(a_trusted_certificate_of_another_server_gets_no_mail, |app| async move {
    let (server, url) = server(certificate!("elsewhere"));
    write_to(&app, &crowd(&app, 1).await).await;
    let folder = temporary_folder();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate!("elsewhere").0).expect("a certificate in a file");
    let mut node = start(&app, &url, &trusted);
    let begun = Instant::now();
    while tried(&app).await.1.is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", node.listen());
        std::thread::sleep(Duration::from_millis(20));
    }
    let (_, problem) = tried(&app).await;
    assert!(problem.contains("certificate"), "{problem}");
    assert_eq!(app.ask(|c| Ok(box_of_mail::counts(c)?)).await, (1, 0));
    nothing_in_clear(&server);
    assert!(server.arrived().is_empty() && !server.heard().contains("AUTH"), "{}", server.heard());
});
