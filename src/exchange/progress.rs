//! Says how far a long piece of work is: a bar on a terminal, elsewhere a line every few seconds.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Who wants to know how far it is.
pub trait Progress: Send {
    /// `done` of `all` steps of `what` are done; `what` changes when the next piece begins.
    fn at(&mut self, what: &str, done: u64, all: u64);

    /// Nothing follows.
    fn end(&mut self) {}
}

/// Nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn at(&mut self, _: &str, _: u64, _: u64) {}
}

/// How long nothing is said: what takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two drawings of the bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Between two lines where there is no terminal.
const LINE: Duration = Duration::from_secs(5);
/// Characters of a full bar.
const WIDTH: u64 = 30;

/// Tells a terminal or a log. The time is passed in, so that a test decides what takes long.
pub struct Teller<W> {
    out: W,
    terminal: bool,
    now: Box<dyn FnMut() -> Duration + Send>,
    told: Option<Duration>,
    drawn: bool,
}

/// Tells whoever runs a command, on standard error.
pub fn on_stderr() -> Teller<io::Stderr> {
    let start = Instant::now();
    Teller::new(io::stderr(), io::stderr().is_terminal(), move || start.elapsed())
}

impl<W: Write + Send> Teller<W> {
    /// Writes to `out`; `now` is the time since the beginning.
    pub fn new(out: W, terminal: bool, now: impl FnMut() -> Duration + Send + 'static) -> Teller<W> {
        Teller { out, terminal, now: Box::new(now), told: None, drawn: false }
    }

    /// What was written to.
    pub fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write + Send> Progress for Teller<W> {
    fn at(&mut self, what: &str, done: u64, all: u64) {
        let now = (self.now)();
        let wait = match self.told {
            None => PATIENCE,
            Some(told) if self.terminal => told + REDRAW,
            Some(told) => told + LINE,
        };
        if now < wait {
            return;
        }
        self.told = Some(now);
        let percent = (done.min(all) * 100).checked_div(all).unwrap_or(100);
        // Progress that cannot be written must not stop the work.
        let _ = if self.terminal {
            self.drawn = true;
            let full = (percent * WIDTH / 100) as usize;
            let bar = format!("{}{}", "#".repeat(full), "-".repeat(WIDTH as usize - full));
            write!(self.out, "\r\x1b[K[{bar}] {percent:>3} % {what}").and_then(|()| self.out.flush())
        } else {
            writeln!(self.out, "{what}: {percent} % after {} s", now.as_secs())
        };
    }

    fn end(&mut self) {
        if self.drawn {
            let _ = write!(self.out, "\r\x1b[K").and_then(|()| self.out.flush());
            self.drawn = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten steps of a second each.
    fn told(terminal: bool) -> String {
        let mut second = 0;
        let mut teller = Teller::new(Vec::new(), terminal, move || {
            second += 1;
            Duration::from_secs(second)
        });
        for step in 1..=10 {
            teller.at("reading accesses.csv", step, 10);
        }
        teller.end();
        String::from_utf8(teller.into_inner()).expect("text")
    }

    #[test]
    fn a_line_every_few_seconds() {
        assert_eq!(
            told(false),
            "reading accesses.csv: 20 % after 2 s\nreading accesses.csv: 70 % after 7 s\n"
        );
    }

    #[test]
    fn a_bar_on_a_terminal() {
        let bar = told(true);
        assert!(
            bar.starts_with("\r\x1b[K[######------------------------]  20 % reading accesses.csv\r"),
            "{bar:?}"
        );
        assert!(bar.ends_with("\r\x1b[K"), "{bar:?}");
    }

    #[test]
    fn what_is_quick_says_nothing() {
        let mut teller = Teller::new(Vec::new(), true, || Duration::from_millis(1900));
        teller.at("reading", 1, 0);
        teller.end();
        assert!(teller.into_inner().is_empty());
    }
}
