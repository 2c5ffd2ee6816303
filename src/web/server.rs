//! The HTTP server of a node: the middleware in order, the limits, and an orderly stop.

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::middleware::Compress;

use super::App;

/// Puts routes and middleware together. A macro because the type of a wrapped application cannot be
/// written down; tests build the same service from it.
#[macro_export]
macro_rules! service {
    ($app:expr) => {
        actix_web::App::new()
            .app_data(actix_web::web::Data::new($app))
            .configure($crate::routes)
            .wrap(actix_web::middleware::from_fn($crate::web::flow_reader::middleware))
            .wrap(actix_web::middleware::from_fn($crate::web::origin::middleware))
            .wrap(actix_web::middleware::from_fn($crate::web::boundary::middleware))
    };
}

/// How long a stopping node goes on sending mail.
const FLUSH: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or SIGINT: then `/ready` turns red, open requests are finished (30 seconds at
/// the most) and the function returns.
///
/// # Errors
/// Says in a sentence why it could not start.
pub async fn serve(app: App, listener: TcpListener) -> Result<(), String> {
    serve_until(stop_signal(), app, listener, |_| {}, crate::JOBS).await
}

/// As [`serve`], until `stop` ends, with routes added to the product's own and with these jobs instead of all:
/// the bench adds its references and runs the jobs itself; a test stops its node without a signal.
///
/// # Errors
/// Says in a sentence why it could not start.
pub async fn serve_until(
    stop: impl Future<Output = ()> + 'static,
    app: App,
    listener: TcpListener,
    more: fn(&mut actix_web::web::ServiceConfig),
    jobs: &'static [crate::jobs::Job],
) -> Result<(), String> {
    let draining = app.draining.clone();
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let server = HttpServer::new({
        let app = app.clone();
        move || service!(app.clone()).configure(more).wrap(Compress::default())
    })
    .workers(workers)
    // For password hashes, files and what runs alone; pages read on threads of the database's own.
    .worker_max_blocking_threads(8)
    .client_request_timeout(Duration::from_secs(5))
    .shutdown_timeout(30)
    .disable_signals()
    .listen(listener)
    .map_err(|error| format!("cannot serve: {error}"))?
    .run();
    let handle = server.handle();
    actix_web::rt::spawn(crate::jobs::keep_ticking(app.clone(), jobs));
    let mail = actix_web::rt::spawn(crate::keep_sending(app.clone()));
    actix_web::rt::spawn(async move {
        stop.await;
        draining.store(true, Ordering::Relaxed);
        handle.stop(true).await;
    });
    server.await.map_err(|error| format!("the server stopped: {error}"))?;
    // What an answered request promised is sent before the node goes; the rest stays in the outbox.
    let _ = tokio::time::timeout(FLUSH, mail).await;
    // The workers' own threads hold it too, and end when they like.
    app.db.close();
    Ok(())
}

/// Waits for SIGTERM or SIGINT. actix takes SIGINT as a hard stop; people who press Ctrl+C do not mean
/// to lose the request they have just sent. Where signals cannot be listened to it waits for ever, and they
/// end the process as they would any other.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}
