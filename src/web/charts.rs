//! Charts as SVG, drawn by the server: marks at percentages of a plot without a viewBox, so that a chart
//! fits any width and its text keeps its size; colours by class only, so that light, dark and print are
//! one drawing. Every chart takes a sentence that says what it shows.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

/// Markup made here from numbers and escaped names: templates print it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Svg(String);

impl fmt::Display for Svg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Svg {}

/// What a mark stands for; its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ink {
    /// What people have given.
    Given,
    /// What people want.
    Wanted,
    /// Something to compare with.
    Plain,
}

impl Ink {
    const fn stroke(self) -> &'static str {
        match self {
            Ink::Given => "s-given",
            Ink::Wanted => "s-wanted",
            Ink::Plain => "s-ink",
        }
    }

    const fn fill(self) -> &'static str {
        match self {
            Ink::Given => "f-given",
            Ink::Wanted => "f-wanted",
            Ink::Plain => "f-quiet",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Ink::Given => "t-given",
            Ink::Wanted => "t-wanted",
            Ink::Plain => "t-ink",
        }
    }
}

/// A line: one value per position, none where there is a gap.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// Stands at the end of the line, before its last value.
    pub name: &'a str,
    pub ink: Ink,
    pub values: &'a [Option<f64>],
}

/// A line that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub ink: Ink,
    pub values: Vec<Option<f64>>,
}

/// A chart of lines before it is drawn: kept with a report, it is drawn again as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    /// The sentence that says what it shows.
    pub title: String,
    /// What each position is called.
    pub points: Vec<String>,
    /// The positions under the axis that get a label.
    pub marks: Vec<(usize, String)>,
    pub series: Vec<Line>,
}

impl Lines {
    /// Draws it; see [`line`].
    pub fn draw(&self) -> Svg {
        let series: Vec<Series<'_>> = self
            .series
            .iter()
            .map(|line| Series { name: &line.name, ink: line.ink, values: &line.values })
            .collect();
        line(&self.title, &self.points, &self.marks, &series)
    }
}

/// A chart of lines with upright marks: what happened at a position, by the number it has in a list below.
pub fn line_with_events(lines: &Lines, events: &[(usize, String)]) -> Svg {
    let Svg(mut svg) = lines.draw();
    let count = lines.points.len();
    let Some(end) = svg.rfind("</svg>") else { return Svg(svg) };
    let mut marks = String::new();
    for (at, name) in events.iter().filter(|(at, _)| *at < count) {
        let x = pc(across(*at, count));
        let _ = write!(
            marks,
            "<line class=\"event\" x1=\"{x}%\" x2=\"{x}%\" y1=\"0%\" y2=\"100%\"/>\
             <text class=\"event-name\" x=\"{x}%\" y=\"0%\" dy=\"-6\" text-anchor=\"middle\">{}</text>",
            escaped(name)
        );
    }
    svg.insert_str(end, &marks);
    Svg(svg)
}

/// A number before and after with its interval, as one line of a chart of such lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// Two numbers with their intervals, one above the other on one scale from 0: what was, and what is.
pub fn before_and_after(title: &str, before: Span, after: Span, ink: Ink) -> Svg {
    let top = [before, after].iter().map(|span| span.high.max(span.value)).fold(0.0, f64::max);
    let scale = Scale::up_to(top * 1.05);
    let mut svg = format!("<svg class=\"spans\" role=\"img\" aria-label=\"{}\">", escaped(title));
    for (y, span, ink) in [(30.0, before, Ink::Plain), (70.0, after, ink)] {
        let [low, value, high] = [span.low, span.value, span.high].map(|x| pc(scale.share(x)));
        let _ = write!(
            svg,
            "<line class=\"rule\" x1=\"0%\" x2=\"100%\" y1=\"{y}%\" y2=\"{y}%\"/>\
             <line class=\"span {0}\" x1=\"{low}%\" x2=\"{high}%\" y1=\"{y}%\" y2=\"{y}%\"/>\
             <circle class=\"{1}\" cx=\"{value}%\" cy=\"{y}%\" r=\"5\"/>",
            ink.stroke(),
            if ink == Ink::Plain { "f-ink" } else { ink.fill() }
        );
    }
    svg.push_str("</svg>");
    Svg(svg)
}

/// From values to percent of a plot, 0 at the bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    top: f64,
}

impl Scale {
    /// From 0 to `top`; a top that is no positive number becomes 1.
    pub fn up_to(top: f64) -> Scale {
        Scale { top: if top.is_finite() && top > 0.0 { top } else { 1.0 } }
    }

    /// How far from the upper edge `value` lies, 0 to 100.
    pub fn from_top(self, value: f64) -> f64 {
        100.0 - self.share(value)
    }

    /// Which part of the scale `value` takes, 0 to 100.
    pub fn share(self, value: f64) -> f64 {
        let value = if value.is_finite() { value } else { 0.0 };
        (value / self.top * 100.0).clamp(0.0, 100.0)
    }
}

/// Round steps from 0 until `top` is covered: 1, 2, 2.5 or 5 times a power of ten apart, about `steps`
/// of them.
pub fn nice_ticks(top: f64, steps: usize) -> Vec<f64> {
    let top = if top.is_finite() && top > 0.0 { top } else { 1.0 };
    let rough = top / steps.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(10.0 * power);
    let count = (top / step - 1e-9).ceil().max(1.0) as usize;
    (0..=count).map(|at| at as f64 * step).collect()
}

/// A number as a label of an axis or a line: as few digits as tell it apart.
pub fn short(value: f64) -> String {
    let text = match value.abs() {
        x if x >= 100.0 || x == x.trunc() => format!("{value:.0}"),
        x if x >= 10.0 => format!("{value:.1}"),
        x if x < 0.095 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Text inside markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// A percentage with at most two digits.
fn pc(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// How far from the left edge the value at `at` of `count` stands; a single one stands in the middle.
fn across(at: usize, count: usize) -> f64 {
    if count < 2 { 50.0 } else { at as f64 / (count - 1) as f64 * 100.0 }
}

/// Lines over time with a name at each end, the first with its area filled. `marks` are the positions
/// under the axis that get a label; every value's own label, `points`, appears on pointing at it.
pub fn line(title: &str, points: &[String], marks: &[(usize, String)], series: &[Series<'_>]) -> Svg {
    let count = points.len();
    let top = series.iter().flat_map(|s| s.values).flatten().copied().fold(0.0, f64::max);
    let ticks = nice_ticks(top, 4);
    let scale = Scale::up_to(ticks.last().copied().unwrap_or(1.0));
    let mut svg = format!("<svg class=\"plot\" role=\"img\" aria-label=\"{}\">", escaped(title));
    for tick in &ticks {
        let (y, class) = (pc(scale.from_top(*tick)), if *tick == 0.0 { "zero" } else { "rule" });
        let _ = write!(
            svg,
            "<line class=\"{class}\" x1=\"0%\" x2=\"100%\" y1=\"{y}%\" y2=\"{y}%\"/>\
             <text x=\"-8\" y=\"{y}%\" dy=\"4\" text-anchor=\"end\">{}</text>",
            short(*tick)
        );
    }
    svg.push_str("<svg viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" width=\"100%\" height=\"100%\">");
    for (place, line) in series.iter().enumerate() {
        for run in runs(line.values, count, scale) {
            draw_run(&mut svg, &run, line.ink, place == 0);
        }
    }
    svg.push_str("</svg>");
    end_names(&mut svg, series, scale);
    for (at, label) in marks.iter().filter(|(at, _)| *at < count) {
        let x = across(*at, count);
        let anchor = if x < 4.0 { "start" } else { "middle" };
        let _ = write!(
            svg,
            "<text x=\"{}%\" y=\"100%\" dy=\"20\" text-anchor=\"{anchor}\">{}</text>",
            pc(x),
            escaped(label)
        );
    }
    targets(&mut svg, points, series);
    svg.push_str("</svg>");
    Svg(svg)
}

/// The stretches of a line without a gap, as points in percent.
fn runs(values: &[Option<f64>], count: usize, scale: Scale) -> Vec<Vec<(f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (at, value) in values.iter().enumerate().take(count) {
        match value {
            Some(value) => {
                if let Some(run) = runs.last_mut() {
                    run.push((across(at, count), scale.from_top(*value)));
                }
            }
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn draw_run(svg: &mut String, run: &[(f64, f64)], ink: Ink, filled: bool) {
    let points: Vec<String> = run.iter().map(|(x, y)| format!("{},{}", pc(*x), pc(*y))).collect();
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    if run.len() == 1 {
        let _ = write!(
            svg,
            "<path class=\"path dot {}\" d=\"M{},{}h.01\"/>",
            ink.stroke(),
            pc(first.0),
            pc(first.1)
        );
        return;
    }
    let points = points.join(" ");
    if filled {
        let _ = write!(
            svg,
            "<polygon class=\"fill {}\" points=\"{},100 {points} {},100\"/>",
            ink.fill(),
            pc(first.0),
            pc(last.0)
        );
    }
    let _ = write!(svg, "<polyline class=\"path {}\" points=\"{points}\"/>", ink.stroke());
}

/// Lines of a plot are at least this far apart, in percent of its height: 15 of 208 pixels.
const APART: f64 = 7.5;

/// Names at the right end, moved apart where two lines end close together.
fn end_names(svg: &mut String, series: &[Series<'_>], scale: Scale) {
    let mut ends: Vec<(f64, f64, &Series<'_>)> = series
        .iter()
        .filter_map(|line| {
            let last = line.values.iter().rev().flatten().next()?;
            Some((scale.from_top(*last), *last, line))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted: Vec<f64> = ends.iter().map(|end| end.0).collect();
    for (y, (_, value, line)) in moved_apart(&wanted).into_iter().zip(&ends) {
        let _ = write!(
            svg,
            "<text class=\"name {}\" x=\"100%\" dx=\"10\" y=\"{}%\" dy=\"4\">{} {}</text>",
            line.ink.text(),
            pc(y),
            escaped(line.name),
            short(*value)
        );
    }
}

/// Positions at least [`APART`] from each other, in their order, between 0 and 100 if they fit.
fn moved_apart(wanted: &[f64]) -> Vec<f64> {
    let mut placed: Vec<f64> = Vec::with_capacity(wanted.len());
    for y in wanted {
        placed.push(placed.last().map_or(*y, |above| y.max(above + APART)));
    }
    let mut floor = 100.0;
    for y in placed.iter_mut().rev() {
        *y = y.min(floor);
        floor = *y - APART;
    }
    placed
}

/// Invisible columns that say on pointing what happened there.
fn targets(svg: &mut String, points: &[String], series: &[Series<'_>]) {
    let width = 100.0 / points.len().max(1) as f64;
    for (at, label) in points.iter().enumerate() {
        let values: Vec<String> = series
            .iter()
            .filter_map(|line| {
                let value = line.values.get(at).copied().flatten()?;
                Some(format!("{} {}", line.name, short(value)))
            })
            .collect();
        if values.is_empty() {
            continue;
        }
        let _ = write!(
            svg,
            "<rect class=\"target\" x=\"{}%\" y=\"0%\" width=\"{}%\" height=\"100%\"><title>{}: {}</title></rect>",
            pc((across(at, points.len()) - width / 2.0).max(0.0)),
            pc(width),
            escaped(label),
            escaped(&values.join(", "))
        );
    }
}

/// A line the size of a word, without axes: decoration beside a number that says it.
pub fn spark(values: &[Option<f64>], ink: Ink) -> Svg {
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    // A little room above and below, so that the stroke is not cut.
    let scale = Scale::up_to(top * 1.1);
    let mut svg = String::from(
        "<svg class=\"spark\" width=\"100\" height=\"28\" viewBox=\"0 0 100 100\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let runs = runs(values, values.len(), scale);
    for run in &runs {
        draw_run(&mut svg, run, ink, false);
    }
    if let Some((x, y)) = runs.last().and_then(|run| run.last()) {
        let _ = write!(svg, "<path class=\"dot {}\" d=\"M{},{}h.01\"/>", ink.stroke(), pc(*x), pc(*y));
    }
    svg.push_str("</svg>");
    Svg(svg)
}

/// A bar beside a number that says it: `value` of `top`.
pub fn bar(value: f64, top: f64, ink: Ink) -> Svg {
    Svg(format!(
        "<svg class=\"bar-of\" aria-hidden=\"true\"><rect class=\"f-quiet\" width=\"100%\" height=\"100%\"/>\
         <rect class=\"{}\" width=\"{}%\" height=\"100%\"/></svg>",
        ink.fill(),
        pc(Scale::up_to(top).share(value))
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn points(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("week {at}")).collect()
    }

    #[test]
    fn nothing_and_a_single_point_are_drawn() {
        let none = line("Nothing yet", &[], &[], &[Series { name: "all", ink: Ink::Given, values: &[] }]);
        assert!(none.to_string().starts_with("<svg class=\"plot\" role=\"img\" aria-label=\"Nothing yet\">"));
        let one = [Some(3.0)];
        let svg = line("One", &points(1), &[], &[Series { name: "all", ink: Ink::Given, values: &one }]);
        assert!(svg.to_string().contains("M50,"), "{svg}");
        assert!(svg.to_string().contains("all 3"));
        assert!(!spark(&[], Ink::Given).to_string().contains("NaN"));
    }

    #[test]
    fn what_happened_stands_at_its_position() {
        let line = Line { name: String::new(), ink: Ink::Given, values: vec![Some(1.0); 5] };
        let lines = Lines { title: "T".into(), points: points(5), marks: Vec::new(), series: vec![line] };
        let svg = line_with_events(&lines, &[(1, "1<".into()), (9, "outside".into())]).to_string();
        assert!(svg.contains("class=\"event\" x1=\"25%\"") && svg.contains("1&lt;"), "{svg}");
        assert!(!svg.contains("outside") && svg.ends_with("</svg>"));
        let span = |value| Span { value, low: value - 1.0, high: value + 1.0 };
        let svg = before_and_after("\"><b>", span(3.0), span(0.0), Ink::Given).to_string();
        assert!(!svg.contains("<b>") && !svg.contains("NaN") && svg.matches("<circle").count() == 2);
    }

    #[test]
    fn names_are_escaped() {
        let values = [Some(1.0), Some(2.0)];
        let series = [Series { name: "<b>&\"'", ink: Ink::Plain, values: &values }];
        let svg = line("\"><script>", &points(2), &[(0, "<i>".into())], &series).to_string();
        for bad in ["<script", "<b>", "<i>", "\"><"] {
            assert!(!svg.replace("\"><", ">").contains(bad) || bad == "\"><", "{svg}");
        }
        assert!(svg.contains("aria-label=\"&quot;&gt;&lt;script&gt;\""));
    }

    #[test]
    fn a_gap_is_a_gap() {
        let values = [Some(1.0), Some(2.0), None, Some(1.0), Some(3.0)];
        let svg = line("Gap", &points(5), &[], &[Series { name: "x", ink: Ink::Given, values: &values }]);
        assert_eq!(svg.to_string().matches("<polyline").count(), 2);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (12.34, "12.3"), (1234.5, "1234"), (7.0, "7")]
        {
            assert_eq!(short(value), text);
        }
    }

    proptest! {
        #[test]
        fn never_a_number_that_is_none(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..40)) {
            let series = [Series { name: "x", ink: Ink::Given, values: &values }];
            let svg = line("Any", &points(values.len()), &[], &series).to_string();
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
            let svg = spark(&values, Ink::Wanted).to_string();
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        }

        #[test]
        fn ticks_rise_from_zero_and_cover(top in 1e-6..1e9_f64, steps in 1_usize..10) {
            let ticks = nice_ticks(top, steps);
            prop_assert!(ticks[0] == 0.0 && ticks.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert!(*ticks.last().expect("a tick") >= top * 0.999_999);
            prop_assert!(ticks.len() <= steps + 2);
        }

        #[test]
        fn names_keep_apart_and_inside(mut wanted in prop::collection::vec(0.0..100.0_f64, 1..6)) {
            wanted.sort_by(f64::total_cmp);
            let placed = moved_apart(&wanted);
            prop_assert!(placed.windows(2).all(|pair| pair[1] - pair[0] >= APART - 1e-9));
            prop_assert!(placed.iter().all(|y| (0.0..=100.0).contains(y)));
        }
    }
}
