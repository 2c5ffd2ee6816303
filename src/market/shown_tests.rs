use askama::Template;

use super::*;

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% import "market/_value.html" as v %}{% import "market/_rate.html" as r %}{% call v::value(view) %}{% endcall %}{% call v::verdict(view) %}{% endcall %}{% call v::reveal(7, view, "/") %}{% endcall %}{% call r::rate(7, view.own, "/x", wide) %}{% endcall %}"#
)]
struct Drawn {
    view: ValueView,
    wide: bool,
}

fn policy() -> ValuePolicy {
    ValuePolicy::default()
}

fn row(raters: i32, tenths: i32, label: Label) -> ShownRow {
    ShownRow {
        raters,
        shown_tenths: tenths,
        shown_low_tenths: tenths - 4,
        shown_high_tenths: tenths + 3,
        shown_label: label.name().into(),
        shown_raters: raters,
        uses: 2,
    }
}

fn drawn(view: &ValueView) -> String {
    Drawn { view: view.clone(), wide: true }.render().expect("a drawing")
}

#[test]
fn the_ruler_stands_where_the_stars_are() {
    let view = view(&policy(), &row(14, 44, Label::Broad), Some(4), false, false);
    assert_eq!(
        (view.number.as_deref(), view.needle, view.low, view.width()),
        (Some("4.4"), 85.0, 75.0, 17.5)
    );
    assert_eq!(view.label_sentence, "Value 4.4 of 5, likely between 4.0 and 4.7. You rated 4");
    let html = drawn(&view);
    for part in [
        r#"<rect class="band" x="75%" y="28%" width="17.5%" height="44%"/>"#,
        r#"<line class="needle" x1="85%" x2="85%" y1="0%" y2="100%"/>"#,
        "14 ratings, you 4",
        "Valued across departments",
        r#"value="4" title="Very useful" aria-pressed="true""#,
        r#"action="/insights/7/rating""#,
        "Your rating",
        "rate-wide",
    ] {
        assert!(html.contains(part), "{part} is missing from {html}");
    }
    assert!(!html.contains("reveal"), "{html}");
}

#[test]
fn the_table_of_what_is_seen() {
    let number = Some("4.4".to_owned());
    for (raters, own, author, revealed, seen, can_reveal) in [
        (4, Some(4), true, true, None, false),
        (5, None, false, false, None, true),
        (5, Some(2), false, false, number.clone(), false),
        (5, None, true, false, number.clone(), false),
        (5, None, false, true, number, false),
    ] {
        let view = view(&policy(), &row(raters, 44, Label::Rated), own, author, revealed);
        assert_eq!((view.number.clone(), view.can_reveal), (seen, can_reveal), "{view:?}");
        assert_eq!(view.word, Some("Valued"));
        let html = drawn(&view);
        assert_eq!(html.contains("needle"), view.number.is_some());
        assert_eq!(html.contains("is-blind"), view.number.is_none());
        assert_eq!(html.contains("Show without rating"), can_reveal);
    }
}

#[test]
fn a_word_only_where_it_is_a_good_one() {
    for (raters, tenths, label, word) in [
        (2, 50, Label::Early, None),
        (3, 35, Label::Early, Some("Valued")),
        (3, 34, Label::Rated, None),
        (3, 44, Label::Broad, Some("Valued across departments")),
        (3, 40, Label::Local, Some("Valued")),
        (3, 30, Label::Mixed, Some("Views differ")),
        (9, 20, Label::Mixed, None),
        (9, 12, Label::Rated, None),
    ] {
        assert_eq!(row(raters, tenths, label).word(&policy()), word, "{raters} {tenths} {label:?}");
    }
}

#[test]
fn a_number_goes_when_its_raters_go() {
    let mut row = row(5, 44, Label::Rated);
    assert!(row.has_number(&policy()));
    row.raters = 4;
    assert!(!row.has_number(&policy()), "one took the rating back");
    row = ShownRow { raters: 9, shown_raters: 4, ..row };
    assert!(!row.has_number(&policy()), "what is shown was made from four");
}

fn at(day: u32, hour: u32) -> NaiveDateTime {
    chrono::NaiveDate::from_ymd_opt(2026, 11, day)
        .and_then(|day| day.and_hms_opt(hour, 0, 0))
        .expect("a time")
}

fn known(raters: i32, value: f64) -> Known {
    Known { raters, value, sd: 0.3, label: Label::Rated }
}

#[test]
fn the_shown_value_moves_after_two_or_seven_days() {
    let two = known(2, 4.0);
    let three = known(3, 4.04);
    let nothing = Shown::NOTHING.after_rating(&policy(), &known(1, 3.9), &two, at(1, 9));
    assert_eq!(nothing, Shown::NOTHING);
    let first = nothing.after_rating(&policy(), &two, &three, at(1, 10));
    assert_eq!((first.tenths, first.low_tenths, first.high_tenths, first.raters), (40, 35, 45, 3));

    let four = known(4, 3.0);
    assert_eq!(first.after_rating(&policy(), &three, &four, at(2, 9)), first, "one further rater");
    assert_eq!(first.after_rating(&policy(), &four, &known(4, 2.0), at(2, 9)), first, "a changed rating");
    let five = known(5, 2.5);
    let second = first.after_rating(&policy(), &four, &five, at(3, 9));
    assert_eq!((second.tenths, second.raters, second.at), (25, 5, Some(at(3, 9))), "two further raters");

    assert_eq!(second.after_refit(&policy(), &known(5, 2.1), at(10, 8)), second, "not yet seven days");
    let third = second.after_refit(&policy(), &known(5, 2.1), at(10, 9));
    assert_eq!((third.tenths, third.at), (21, Some(at(10, 9))), "seven days");
}

#[test]
fn after_a_quiet_week_one_rating_cannot_be_read_off() {
    let five = known(5, 4.0);
    let shown = Shown::of(&policy(), &five, at(1, 9));
    // No refit ran. What is shown catches up with the state before this rating, not with it.
    let moved = shown.after_rating(&policy(), &known(5, 3.9), &known(6, 3.0), at(20, 9));
    assert_eq!((moved.tenths, moved.raters), (39, 5));
}

#[test]
fn nothing_is_shown_outside_the_scale() {
    let shown =
        Shown::of(&policy(), &Known { raters: 5, value: 5.4, sd: 0.3, label: Label::Broad }, at(1, 9));
    assert_eq!((shown.tenths, shown.low_tenths, shown.high_tenths), (50, 49, 50));
    let shown =
        Shown::of(&policy(), &Known { raters: 5, value: 0.7, sd: 0.1, label: Label::Rated }, at(1, 9));
    assert_eq!((shown.tenths, shown.low_tenths, shown.high_tenths), (10, 10, 10));
}

#[test]
fn of_two_nothing_is_shown_also_where_there_were_more() {
    let now = "2026-11-02T09:00:00".parse().expect("a time");
    let known = |raters| Known { raters, value: 4.4, sd: 0.3, label: Label::Rated };
    for raters in [0, 1, 2] {
        assert_eq!(Shown::of(&policy(), &known(raters), now), Shown::NOTHING, "{raters}");
    }
    let four = Shown::of(&policy(), &known(4), now);
    assert_eq!((four.tenths, four.raters), (44, 4));
    // Two have taken their ratings back: what two say could be told apart by either.
    assert_eq!(four.after_rating(&policy(), &known(3), &known(2), now), Shown::NOTHING);
    assert_eq!(four.after_refit(&policy(), &known(2), now), Shown::NOTHING);
}
