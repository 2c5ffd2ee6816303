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
    let view = view(&row(14, 44, Label::Broad), Some(4), false, false);
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
