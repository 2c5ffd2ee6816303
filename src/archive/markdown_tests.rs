//! What gets through the walls of `markdown.rs`, and how much work it makes.

use proptest::prelude::*;
use scraper::{ElementRef, Html};

use super::*;

fn html(text: &str) -> String {
    render(text).to_string()
}

/// An element: its name, its attributes, its depth.
type Element = (String, Vec<(String, String)>, usize);

/// Every element of the rendered text with its depth.
fn elements(html: &str) -> Vec<Element> {
    let page = Html::parse_fragment(html);
    page.root_element()
        .descendants()
        .filter_map(|node| Some((ElementRef::wrap(node)?, node.ancestors().count())))
        .skip(1)
        .map(|(element, depth)| {
            let element = element.value();
            let attributes = element.attrs().map(|(name, value)| (name.into(), value.into())).collect();
            // The document, the html element and the fragment's own.
            (element.name().to_owned(), attributes, depth.saturating_sub(1))
        })
        .collect()
}

/// What is wrong with rendered text, if anything.
fn fault(html: &str) -> Option<String> {
    for (tag, attributes, depth) in elements(html) {
        if !TAGS.contains(&tag.as_str()) {
            return Some(format!("<{tag}>"));
        }
        // Tables add a level that is not nesting: table, tbody, tr, td around the text.
        if depth > DEEPEST + 6 {
            return Some(format!("depth {depth}"));
        }
        for (name, value) in &attributes {
            let fine = match (tag.as_str(), name.as_str()) {
                ("a", "href") => ["http://", "https://", "mailto:"]
                    .iter()
                    .any(|scheme| value.to_ascii_lowercase().starts_with(scheme)),
                ("a", "rel") => value == "nofollow noopener noreferrer",
                ("ol", "start") => value.parse::<u64>().is_ok(),
                _ => false,
            };
            if !fine {
                return Some(format!("<{tag} {name}={value:?}>"));
            }
        }
        if tag == "a"
            && attributes.iter().any(|(name, _)| name == "href")
            && !attributes.iter().any(|(name, _)| name == "rel")
        {
            return Some("a link without rel".into());
        }
    }
    None
}

#[test]
fn honest_text_keeps_its_form() {
    for (text, expected) in [
        (
            "One *two* **three** ~~four~~ `five`",
            "<p>One <em>two</em> <strong>three</strong> <del>four</del> <code>five</code></p>\n",
        ),
        ("a\nb", "<p>a<br>\nb</p>\n"),
        ("# A\n\n## B\n\n##### C", "<h2>A</h2>\n<h2>B</h2>\n<h4>C</h4>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a", "<ol start=\"3\">\n<li>a</li>\n</ol>\n"),
        ("They wait <5 days", "<p>They wait &lt;5 days</p>\n"),
        (
            "[a](https://example.com/x)",
            "<p><a href=\"https://example.com/x\" rel=\"nofollow noopener noreferrer\">a</a></p>\n",
        ),
        (
            "![chart](https://example.com/c.png)",
            "<p><a href=\"https://example.com/c.png\" rel=\"nofollow noopener noreferrer\">chart</a></p>\n",
        ),
        ("", ""),
        (" \n ", ""),
    ] {
        assert_eq!(html(text), expected, "{text:?}");
    }
    let table = html("| a | b |\n|---|---|\n| 1 | 2 |");
    assert!(table.contains("<td>2</td>"), "{table}");
    assert!(html("see https://example.com/a now").contains("<a href=\"https://example.com/a\""));
}

#[test]
fn nothing_active_gets_through() {
    for text in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](java&#10;script:alert(1))",
        "[x](&#x6a;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[x](vbscript:msgbox(1))",
        "[x](//evil.example/)",
        "[x](/sign-out)",
        "![x](javascript:alert(1))",
        "![x](https://example.com/a.png \"onerror=alert(1)\")",
        "[![x](https://example.com/a.png)](https://example.com/b)",
        "<https://example.com/\"onmouseover=alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
        "<a href=\"https://example.com\" style=\"position:fixed\" data-swap=\"x\">x</a>",
        "<form action=/sign-out method=post><button>x</button></form>",
        "```\"><script>alert(1)</script>\nx\n```",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "</p></div></main><script>alert(1)</script>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "{{ 7 * 7 }} {% raw %}",
    ] {
        let html = html(text);
        assert_eq!(fault(&html), None, "{text:?} became {html}");
    }
    assert!(!html("[x](javascript:alert(1))").contains("href"));
}

#[test]
fn plain_text_is_what_one_reads() {
    for (text, expected) in [
        ("One **two** [three](https://example.com)", "One two three"),
        ("# Head\n\nBody `code`", "Head\nBody code"),
        ("- a\n- b", "a\nb"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b\n1 2"),
        ("They wait <5 days & more", "They wait <5 days & more"),
        ("> said", "said"),
    ] {
        assert_eq!(plain(text), expected, "{text:?}");
    }
}

/// Texts of one shape that made Markdown engines slow or deep, `n` bytes long.
fn hostile(n: usize) -> Vec<(&'static str, String)> {
    let fill = |unit: &str| unit.repeat(n / unit.len());
    let half = |unit: &str| unit.repeat(n / 2 / unit.len());
    vec![
        ("quotes", fill(">")),
        ("quotes on every line", fill(">>>>>>>>>>>>>>>>>>>>>>>>>>>>>> a\n")),
        ("brackets", fill("[")),
        ("pictures", fill("![")),
        ("links", fill("[a](")),
        ("nested links", format!("{}{}", half("[a"), half("](b)"))),
        ("emphasis", fill("*a ")),
        ("emphasis two ways", fill("*a _b ")),
        ("nested emphasis", format!("{}a{}", half("**"), half("**"))),
        ("stars", fill("*")),
        ("strikes", fill("~a ")),
        ("ticks", (1..400).map(|n| "`".repeat(n) + " ").collect::<String>().chars().take(n).collect()),
        (
            "lists",
            (0..300).map(|n| " ".repeat(n * 2) + "- a\n").collect::<String>().chars().take(n).collect(),
        ),
        ("list marks", fill("- ")),
        ("entities", fill("&#1;")),
        ("angles", fill("<")),
        ("tags", fill("<a ")),
        ("declarations", fill("<!a ")),
        ("instructions", fill("<?")),
        ("comments", fill("<!-- ")),
        ("a wide table", format!("{}\n{}\n{}", "a|".repeat(n / 8), "-|".repeat(n / 8), "|\n".repeat(n / 4))),
        ("references", format!("[a]: https://example.com/{}\n\n{}", "x".repeat(n / 2), "[a]".repeat(n / 6))),
        ("addresses", fill("a@b.")),
        ("links without end", fill("www.")),
        ("schemes", fill("http://")),
        ("headings", fill("# a\n")),
        ("underlines", fill("a\n=\n")),
    ]
}

#[test]
fn hostile_text_makes_no_more_than_its_share_of_work() {
    for (shape, text) in hostile(64 * 1024) {
        let html = html(&text);
        assert_eq!(fault(&html), None, "{shape}");
        // What is written is a multiple of what was read: the measure of work that no busy machine bends.
        assert!(html.len() < 40 * text.len(), "{shape}: {} bytes from {}", html.len(), text.len());
        let elements = elements(&html).len();
        assert!(elements <= text.len() + CELLS, "{shape}: {elements} elements from {}", text.len());
        assert!(plain(&text).len() <= 2 * text.len() + 1, "{shape}: plain");
    }
}

#[test]
fn plain_sentences_need_no_walls() {
    for (text, plain) in [
        ("Two shops asked for smaller crates.", true),
        ("\"Smaller crates\", they said (50%).\n\nFollow-up in May; who calls?", true),
        ("Größere Kisten für 5 €…", true),
        ("See www.example.com", false),
        ("1. First", false),
        ("- One", false),
        ("A title\n---", false),
        ("One\nafter another", false),
        ("*Loud*", false),
        ("5 < 6", false),
        ("  code", false),
        ("Three\n\n\nlines", false),
        ("End ", false),
        ("", false),
    ] {
        assert_eq!(plain_paragraphs(text).is_some(), plain, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    /// What is taken for plain sentences looks as it does after the walls.
    #[test]
    fn plain_sentences_look_the_same_behind_the_walls(
        text in r#"([A-Ca-c1-3wé "“(][a-c1-3w .,;?()%'"’€é-]{0,12}[a-c.]?(\n\n)?){1,4}"#,
    ) {
        if let Some(plain) = plain_paragraphs(&text) {
            prop_assert_eq!(plain, through_the_walls(&text, &Known::default()).0);
        }
    }

    #[test]
    fn only_what_is_allowed_gets_through(text in "[<>/a-z \"'=:()\\[\\]!*_~`#|&;{}\n-]{0,300}") {
        let html = html(&text);
        prop_assert_eq!(fault(&html), None, "{}", html);
    }

    #[test]
    fn also_of_pieces_that_mean_something(pieces in prop::collection::vec(prop::sample::select(vec![
        "<svg>", "<math>", "<style>", "</style>", "<script>", "<img src=x onerror=a>", "<!--", "-->", "> ",
        "- ", "1. ", "\n", "\n\n", "    ", "**", "_", "~~", "`", "```\n", "[", "](", ")", "![", "<", ">",
        "javascript:", "https://a.example", "mailto:", "data:", "|", "|-|\n", "&#x6a;", "&lt;", "\\", "#",
        "a", "<a href='javascript:a'>", "<table>", "<noscript>", "]]>", "<![CDATA[", "\t", "\u{a0}",
    ]), 0..60)) {
        let text = pieces.concat();
        let html = html(&text);
        prop_assert_eq!(fault(&html), None, "{:?} became {}", text, html);
    }

    #[test]
    fn rendering_takes_any_text(text in "\\PC{0,200}") {
        prop_assert_eq!(fault(&html(&text)), None);
        let _ = plain(&text);
    }
}
