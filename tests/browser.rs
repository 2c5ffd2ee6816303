//! The product in a real browser: journeys of each role, every screen, the keyboard. Ignored where nothing
//! is installed for it; `tests/run` runs them.

mod company;
mod inspection;
mod journeys;
mod keyboard;
mod market;
mod newcomers;
mod office;
mod screens;
mod window;

/// A test on a runtime of its own.
fn travel<F: Future<Output = ()>>(journey: F) {
    actix_rt::System::new().block_on(journey);
}
