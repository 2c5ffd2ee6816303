//! How long something takes where it has not yet happened to all: those still waiting are counted as long
//! as they are known to wait, and never left out (E. L. Kaplan and P. Meier, JASA 53, 1958).

use super::{Estimate, Z95};

/// Something that waits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// How long it waited until it happened, or until nobody looked any more.
    pub time: f64,
    /// Whether it happened then.
    pub happened: bool,
}

/// A step of the curve: from this time on, this part still waits.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    time: f64,
    survival: f64,
    /// Greenwood's sum of d / (n (n - d)).
    doubt: f64,
}

/// The Kaplan-Meier curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    steps: Vec<Step>,
    /// The longest anything waited or was looked at.
    longest: f64,
}

/// A median of waiting times with its interval; either end may lie beyond what has been seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Median {
    /// None: more than half still wait at [`Median::longest`].
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub longest: f64,
}

impl Curve {
    /// The curve of some waits; none of none. Times below zero count as zero.
    pub fn new(mut waits: Vec<Wait>) -> Option<Curve> {
        for wait in &mut waits {
            wait.time = wait.time.max(0.0);
        }
        // Of the same time, those it happened to come first: who stopped being looked at then was still there.
        waits.sort_unstable_by(|a, b| a.time.total_cmp(&b.time).then(b.happened.cmp(&a.happened)));
        let longest = waits.last()?.time;
        let (mut steps, mut survival, mut doubt) = (Vec::new(), 1.0, 0.0);
        let mut waiting = waits.len();
        for same in waits.chunk_by(|a, b| a.time == b.time) {
            let happened = same.iter().filter(|wait| wait.happened).count();
            if happened > 0 {
                let (d, n) = (happened as f64, waiting as f64);
                survival *= 1.0 - d / n;
                doubt += d / (n * (n - d));
                steps.push(Step { time: same[0].time, survival, doubt });
            }
            waiting -= same.len();
        }
        Some(Curve { steps, longest })
    }

    /// The part that still waits after a time; its interval is `S^exp(+-z s)` with `s` the error of
    /// log(-log S) (J. Kalbfleisch and R. Prentice, "The Statistical Analysis of Failure Time Data", 1980):
    /// unlike the plain one it stays inside 0 and 1.
    pub fn waiting_after(&self, time: f64) -> Estimate {
        let before = self.steps.partition_point(|step| step.time <= time);
        match before.checked_sub(1).and_then(|at| self.steps.get(at)) {
            None => Estimate { value: 1.0, low: 1.0, high: 1.0 },
            Some(step) => step.estimate(),
        }
    }

    /// The first time at which at most half still wait. The interval holds every time at which the curve's
    /// own holds one half.
    pub fn median(&self) -> Median {
        // Products such as 1 - 1/2 must not miss the half by a rounding error.
        let first = |of: fn(&Step) -> f64| {
            self.steps.iter().find(|step| of(step) <= 0.5 + 1e-12).map(|step| step.time)
        };
        Median {
            value: first(|step| step.survival),
            low: first(|step| step.estimate().low),
            high: first(|step| step.estimate().high),
            longest: self.longest,
        }
    }
}

impl Step {
    fn estimate(&self) -> Estimate {
        let value = self.survival;
        if value <= 0.0 {
            return Estimate { value: 0.0, low: 0.0, high: 0.0 };
        }
        let error = self.doubt.sqrt() / value.ln().abs();
        let at = |z: f64| value.powf((z * error).exp());
        Estimate { value, low: at(Z95), high: at(-Z95) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits(times: &[f64], happened: &[u8]) -> Vec<Wait> {
        times.iter().zip(happened).map(|(time, one)| Wait { time: *time, happened: *one == 1 }).collect()
    }

    #[test]
    fn agrees_with_published_curves() {
        let oracle: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/oracles/kaplan_meier.json"))
                .expect("JSON");
        for case in oracle["cases"].as_array().expect("cases") {
            let times: Vec<f64> = serde_json::from_value(case["time"].clone()).expect("times");
            let events: Vec<u8> = serde_json::from_value(case["event"].clone()).expect("events");
            let curve = Curve::new(waits(&times, &events)).expect("a curve");
            for point in case["survival"].as_array().expect("points") {
                let (time, right) = (point[0].as_f64().expect("t"), point[1].as_f64().expect("S"));
                let found = curve.waiting_after(time).value;
                assert!((found - right).abs() < 1e-9, "{} at {time}: {found}", case["name"]);
            }
            assert_eq!(curve.median().value, case["median"].as_f64(), "{}", case["name"]);
        }
    }

    #[test]
    fn the_median_has_its_log_log_interval() {
        // Freireich's 6-MP arm, survfit(..., conf.type = "log-log") of R: median 23, 13 to beyond.
        let times = [
            6., 6., 6., 6., 7., 9., 10., 10., 11., 13., 16., 17., 19., 20., 22., 23., 25., 32., 32., 34., 35.,
        ];
        let events = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0];
        let curve = Curve::new(waits(&times, &events)).expect("a curve");
        let median = curve.median();
        assert_eq!((median.value, median.low, median.high), (Some(23.0), Some(13.0), None));
        // By hand after 6: S = 18/21, doubt = 3 / (21 x 18), s = sqrt(doubt) / ln(21/18) = 0.57792;
        // 0.857143 ^ exp(+-1.96 x 0.57792) = 0.61972 and 0.95155.
        let found = curve.waiting_after(6.5);
        assert!((found.low - 0.619_72).abs() < 1e-4 && (found.high - 0.951_55).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn nothing_has_no_curve_and_all_waiting_no_median() {
        assert_eq!(Curve::new(vec![]), None);
        let median = Curve::new(waits(&[3., 4., 5.], &[0, 0, 0])).expect("a curve").median();
        assert_eq!((median.value, median.longest), (None, 5.0));
        let at_once = Curve::new(waits(&[-2.0, 0.0], &[1, 1])).expect("a curve").median();
        assert_eq!(at_once.value, Some(0.0), "a clock that is behind");
        let half = Curve::new(waits(&[1.0, 2.0], &[1, 1])).expect("a curve").median();
        assert_eq!(half.value, Some(1.0), "exactly half");
    }

    proptest! {
        #[test]
        fn the_curve_falls_and_stays_in_its_interval(
            waits in prop::collection::vec((0.0..500.0_f64, any::<bool>()), 1..80),
        ) {
            let waits: Vec<Wait> =
                waits.into_iter().map(|(time, happened)| Wait { time, happened }).collect();
            let all = waits.iter().all(|wait| wait.happened);
            let share = |t: f64| waits.iter().filter(|w| w.time > t).count() as f64 / waits.len() as f64;
            let curve = Curve::new(waits.clone()).expect("a curve");
            let mut before = 1.0;
            for time in [0.0, 10.0, 50.0, 250.0, 499.0] {
                let found = curve.waiting_after(time);
                prop_assert!(found.value <= before + 1e-12);
                prop_assert!(0.0 <= found.low && found.low <= found.value + 1e-12);
                prop_assert!(found.value <= found.high + 1e-12 && found.high <= 1.0);
                if all {
                    prop_assert!((found.value - share(time)).abs() < 1e-9);
                }
                before = found.value;
            }
        }
    }
}
