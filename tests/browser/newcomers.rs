//! A company on its first day: the link of the first administrator, an invitation, and every list empty.

use std::time::{Duration, Instant};

use super::inspection::nothing_wrong;
use super::travel;
use super::window::{Browser, Look, PATIENCE};
use crate::support::node::Node;
use crate::support::{PASSWORD, temporary_folder};

/// Mail is to be sent, and nobody takes it.
const NO_SERVER: &str = "smtp://127.0.0.1:9";

/// The link that the node printed.
fn set_up_link(node: &mut Node) -> String {
    let begun = Instant::now();
    loop {
        if let Some(line) = node.listen().iter().find(|line| line.contains("/setup/")) {
            return line.trim().to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "no link: {:?}", node.said);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "needs Chromium and chromedriver; tests/run has them"]
fn the_first_day() {
    travel(async {
        let folder = temporary_folder();
        let url = format!("sqlite:{}", folder.path().join("new.db").display());
        let mut node = Node::start(
            &["serve"],
            &[
                ("DATABASE_URL", &url),
                ("LOG", "warn"),
                ("SMTP_URL", NO_SERVER),
                ("MAIL_FROM", "tradewind@example.com"),
            ],
        );
        let link = set_up_link(&mut node);
        let mut browser = Browser::open(&node.url(""), Look { dark: false, width: 1280 }, true).await;

        browser.goto(&link).await;
        let mut wrong = browser.examine(200).await;
        browser.send("main form").await;
        wrong.extend(browser.examine(422).await);
        browser.write("[name=name]", "Ann Sample").await;
        browser.write("[name=email]", "ann.sample@example.com").await;
        browser.write("[name=department]", "Service/North").await;
        browser.write("[name=password]", PASSWORD).await;
        browser.write("[name=again]", PASSWORD).await;
        browser.press("main form button[type=submit]").await;
        browser.arrives("/admin/people").await;
        wrong.extend(browser.examine(200).await);
        for page in [
            "/",
            "/?order=valued",
            "/?order=to-rate",
            "/archive",
            "/archive?q=invoice",
            "/customers",
            "/people/1",
            "/me",
            "/settings",
            "/requests",
            "/requests?tab=mine",
            "/me/credits",
            "/notifications",
            "/admin/mail",
            "/admin/departments",
            "/admin/audit",
            "/help/privacy",
        ] {
            browser.goto(page).await;
            wrong.extend(browser.examine(200).await);
        }

        browser.goto("/admin/people/new").await;
        browser.write("[name=name]", "Bob Example").await;
        browser.write("[name=email]", "bob.example@example.com").await;
        browser.run("document.querySelector('[name=department]').selectedIndex = 1; document.querySelector('[name=role][value=cco]').checked = true").await;
        browser.press("main form[action='/admin/people'] button[type=submit]").await;
        let invitation = browser.find("#link").await.value().await.expect("a value").expect("a link");
        wrong.extend(browser.examine(200).await);

        browser.goto("/settings").await;
        browser.send("form[action='/sign-out']").await;
        browser.goto("/forgotten").await;
        wrong.extend(browser.examine(200).await);
        browser.goto(&invitation).await;
        wrong.extend(browser.examine(200).await);
        browser.write("[name=password]", PASSWORD).await;
        browser.write("[name=again]", PASSWORD).await;
        browser.press("main form button[type=submit]").await;
        browser.find("a.me").await;
        wrong.extend(browser.examine(200).await);
        for page in ["/flow", "/flow/contributions", "/flow/accesses", "/flow/searches"] {
            browser.goto(page).await;
            wrong.extend(browser.examine(200).await);
        }
        nothing_wrong(&wrong);
    });
}
