//! How an insight will look, before it is kept: `archive/_preview.html` draws it as its page will.

use crate::archive::draft::Draft;
use crate::archive::insight::quotation;
use crate::archive::markdown::{self, SanitizedHtml};
use crate::archive::mentions::Known;

/// An insight that is not kept yet.
pub(super) struct Preview {
    pub(super) title: String,
    /// The customer's words in quotation marks; empty without.
    pub(super) words: String,
    /// Who said them.
    pub(super) speaker: String,
    pub(super) body: SanitizedHtml,
}

impl Preview {
    /// Of what was typed; `mentions` are the colleagues it names.
    pub(super) fn of(draft: &Draft, mentions: &Known) -> Preview {
        let (words, speaker) = match draft.quote.as_str() {
            "" => (String::new(), ""),
            quote => quotation(quote),
        };
        let body = markdown::render_with(&draft.body, mentions);
        Preview { title: draft.title.clone(), words, speaker: speaker.to_owned(), body }
    }
}
