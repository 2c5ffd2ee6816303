//! The figures of a run: medians over rounds, the table, the targets.

use super::load::Measured;

/// A page under load and alone, over all rounds.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub name: &'static str,
    /// Requests per second with many connections, one per round.
    pub rates: Vec<f64>,
    /// Rate over the reading reference's of the same round.
    pub ratios: Vec<f64>,
    /// CPU milliseconds of the server per request, one per round.
    pub cpu: Vec<f64>,
    /// CPU over the reading reference's of the same round.
    pub cpu_ratios: Vec<f64>,
    /// Times of requests over one connection, in microseconds.
    pub alone: Vec<u32>,
    /// Mean size of an answer in bytes.
    pub bytes: u64,
    pub requests: u64,
    pub failures: u64,
    pub first_failure: Option<String>,
}

impl Line {
    /// A line without figures.
    pub fn named(name: &'static str) -> Line {
        Line { name, ..Line::default() }
    }

    /// Takes in a round with many connections, with the CPU milliseconds it cost the server.
    pub fn add(&mut self, measured: &Measured, cpu_ms: f64) {
        self.count(measured);
        self.rates.push(measured.rate());
        self.cpu.push(cpu_ms / measured.requests.max(1) as f64);
        self.bytes = measured.bytes / measured.requests.max(1);
    }

    /// Takes in a round over one connection.
    pub fn add_alone(&mut self, measured: Measured) {
        self.count(&measured);
        self.alone.extend(measured.micros);
    }

    /// Compares the newest round with the reference's.
    pub fn compare(&mut self, rate: f64, cpu: f64) {
        if let (Some(own), Some(own_cpu)) = (self.rates.last(), self.cpu.last()) {
            self.ratios.push(own / rate.max(f64::MIN_POSITIVE));
            self.cpu_ratios.push(own_cpu / cpu.max(f64::MIN_POSITIVE));
        }
    }

    fn count(&mut self, measured: &Measured) {
        self.requests += measured.requests;
        self.failures += measured.failures;
        if self.first_failure.is_none() {
            self.first_failure.clone_from(&measured.first_failure);
        }
    }

    /// The quantile of the times over one connection, in milliseconds.
    pub fn alone_ms(&self, part: f64) -> f64 {
        let mut times = self.alone.clone();
        times.sort_unstable();
        let index = ((times.len() as f64 * part).ceil() as usize).saturating_sub(1);
        times.get(index).map_or(f64::NAN, |micros| f64::from(*micros) / 1000.0)
    }
}

/// The middle of a list; NaN of an empty one.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len() % 2, values.get(half), values.get(half.wrapping_sub(1))) {
        (1, Some(middle), _) => *middle,
        (0, Some(upper), Some(lower)) => (upper + lower) / 2.0,
        _ => f64::NAN,
    }
}

/// The table in Markdown, so that it can go into a README as it stands.
pub fn table(lines: &[Line]) -> String {
    let mut text = String::from(
        "| page | requests/s at 16 | of the reading reference | CPU ms | CPU ratio | p50 ms at 1 | p99 ms at 1 | KB |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for line in lines {
        text += &format!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.1} |\n",
            line.name,
            median(&line.rates),
            median(&line.ratios),
            median(&line.cpu),
            median(&line.cpu_ratios),
            line.alone_ms(0.5),
            line.alone_ms(0.99),
            line.bytes as f64 / 1024.0,
        );
    }
    text
}

/// Something to reach.
#[derive(Clone, Debug)]
pub struct Target {
    pub what: String,
    pub measured: f64,
    pub bound: f64,
    /// Whether the bound is a floor; else it is a ceiling.
    pub at_least: bool,
    pub unit: &'static str,
    /// Whether missing it means that something is wrong, and not only slow on this machine.
    pub is_promise: bool,
}

impl Target {
    /// To be at least `bound`.
    pub fn at_least(what: impl Into<String>, measured: f64, bound: f64, unit: &'static str) -> Target {
        Target { what: what.into(), measured, bound, at_least: true, unit, is_promise: false }
    }

    /// To be at most `bound`.
    pub fn at_most(what: impl Into<String>, measured: f64, bound: f64, unit: &'static str) -> Target {
        Target { at_least: false, ..Target::at_least(what, measured, bound, unit) }
    }

    /// The same, not to be missed on any machine.
    pub fn promised(self) -> Target {
        Target { is_promise: true, ..self }
    }

    /// Whether it is reached; a figure that is missing is not.
    pub fn is_met(&self) -> bool {
        if self.at_least { self.measured >= self.bound } else { self.measured <= self.bound }
    }
}

/// One line per target.
pub fn targets(targets: &[Target]) -> String {
    targets
        .iter()
        .map(|target| {
            format!(
                "{} {}: {:.2}{} ({} {}{})\n",
                if target.is_met() { "met   " } else { "MISSED" },
                target.what,
                target.measured,
                target.unit,
                if target.at_least { "at least" } else { "at most" },
                target.bound,
                target.unit,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quantiles() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
        let line = Line { alone: (1..=100).map(|n| n * 1000).collect(), ..Line::named("x") };
        assert_eq!(line.alone_ms(0.5), 50.0);
        assert_eq!(line.alone_ms(0.99), 99.0);
    }

    #[test]
    fn a_missing_figure_meets_nothing() {
        assert!(!Target::at_least("x", f64::NAN, 1.0, "").is_met());
        assert!(!Target::at_most("x", f64::NAN, 1.0, "").is_met());
        assert!(Target::at_most("x", 0.5, 1.0, "").is_met());
    }
}
