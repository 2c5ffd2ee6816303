//! A rating: one number from 1 to 5 that answers "How valuable is this to your own work?"

use crate::error::AppError;
use crate::web::form::FieldErrors;

/// The scale and its words.
pub const SCALE: [(i32, &str); 5] = [
    (1, "No use to my work"),
    (2, "Nice to know"),
    (3, "Useful"),
    (4, "Very useful"),
    (5, "Changes what I will do"),
];

/// What is known about a person and an insight when they rate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The person is an author or corroborator of it.
    pub is_author: bool,
    /// The person has opened it.
    pub has_opened: bool,
}

/// Whether somebody may rate an insight they can see.
///
/// | author | opened | may rate |
/// |---|---|---|
/// | yes | any | no: nobody judges their own |
/// | no | no | no: read it first |
/// | no | yes | yes |
///
/// # Errors
/// 403 with the reason.
pub fn may_rate(standing: Standing) -> Result<(), AppError> {
    if standing.is_author {
        return Err(AppError::Forbidden(
            "You shared this yourself. What it is worth is for your colleagues to say.",
        ));
    }
    if !standing.has_opened {
        return Err(AppError::Forbidden("Open the insight first: only what has been read can be rated."));
    }
    Ok(())
}

/// Whether a rating counts as blind: given before its rater could know the number.
///
/// `hid` is what the page knows (it hid the number), `revealed` that they pressed "Show without rating",
/// `before` their earlier rating's flag (`None`: this is the first), `number` whether there was a number to
/// see, which everybody sees who has rated.
pub fn is_blind(hid: bool, revealed: bool, before: Option<bool>, number: bool) -> bool {
    hid && !revealed && before.unwrap_or(true) && !(before.is_some() && number)
}

/// The form of the five buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatingForm {
    pub value: String,
    pub back_to: String,
}

impl RatingForm {
    /// The rating in it.
    ///
    /// # Errors
    /// What is wrong with the field.
    pub fn check(&self) -> Result<i32, FieldErrors> {
        SCALE
            .iter()
            .map(|(value, _)| *value)
            .find(|value| value.to_string() == self.value)
            .ok_or_else(|| FieldErrors::one("value", "Choose a number from 1 to 5."))
    }
}

/// A form or query that only says where to go afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackTo {
    pub back_to: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_who_may_rate() {
        for (is_author, has_opened, may) in
            [(true, true, false), (true, false, false), (false, false, false), (false, true, true)]
        {
            assert_eq!(may_rate(Standing { is_author, has_opened }).is_ok(), may, "{is_author} {has_opened}");
        }
    }

    #[test]
    fn a_rating_is_blind_while_its_rater_cannot_know() {
        for (hid, revealed, before, number, blind) in [
            (true, false, None, true, true),
            (true, true, None, true, false),
            (false, false, None, true, false),
            (true, false, Some(true), false, true),
            (true, false, Some(true), true, false),
            (true, false, Some(false), false, false),
        ] {
            assert_eq!(
                is_blind(hid, revealed, before, number),
                blind,
                "{hid} {revealed} {before:?} {number}"
            );
        }
    }

    #[test]
    fn only_the_five_numbers_are_taken() {
        for (text, taken) in
            [("1", true), ("5", true), ("0", false), ("6", false), ("+3", false), ("3.0", false), ("", false)]
        {
            let form = RatingForm { value: text.into(), ..RatingForm::default() };
            assert_eq!(form.check().is_ok(), taken, "{text:?}");
        }
    }
}
