//! Which passwords are taken: long enough, and not among those that are guessed first.

use zxcvbn::Score;

use super::password;
use crate::error::AppResult;
use crate::web::App;

/// Shortest, in characters: there is no second factor yet.
pub const LEAST: usize = 15;
/// Longest, in bytes; more is refused before anything is computed.
pub const MOST: usize = 1024;

/// Refuses a password that is too short, too long or guessed early. `about` is what a guesser knows of
/// the person: name and e-mail.
///
/// # Errors
/// The reason, as a sentence for the field.
pub fn check(password: &str, about: &[&str]) -> Result<(), String> {
    if password.len() > MOST {
        return Err(format!("Use at most {MOST} bytes; this has {}", password.len()));
    }
    let length = password.chars().count();
    if length < LEAST {
        return Err(format!("Use at least {LEAST} characters; this has {length}. Four or five words do"));
    }
    let words: Vec<&str> = about
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).chain([*text]))
        .filter(|word| word.chars().count() >= 3)
        .chain(["tradewind"])
        .collect();
    let estimate = zxcvbn::zxcvbn(password, &words);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let why = estimate
        .feedback()
        .and_then(|feedback| feedback.warning())
        .map_or_else(|| "It is easy to guess.".to_owned(), |warning| warning.to_string());
    Err(format!("Choose another one. {why} Four or five words that do not belong together do"))
}

/// Checks a new password and hashes it, in turn and off the threads that serve. The inner error is the
/// reason, for the field.
///
/// # Errors
/// [`crate::error::AppError::Busy`] when there is no turn in time.
pub async fn choose(app: &App, password: &str, about: &[&str]) -> AppResult<Result<String, String>> {
    let (given, about) = (password.to_owned(), about.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
    let checked = actix_web::web::block(move || {
        let about: Vec<&str> = about.iter().map(String::as_str).collect();
        check(&given, &about).map(|()| given)
    })
    .await
    .map_err(|_| crate::error::AppError::Busy)?;
    match checked {
        Ok(password) => Ok(Ok(password::hash_in_turn(app, password).await?)),
        Err(why) => Ok(Err(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: [&str; 2] = ["Ann Sample-Winterbottom", "ann.winterbottom@ottermoor.example"];

    #[test]
    fn length_is_in_characters_and_limited_in_bytes() {
        assert!(check("kT9#vq2!Lw8z$m", &[]).is_err_and(|why| why.contains("at least 15")));
        assert_eq!(check("kT9#vq2!Lw8z$mX", &[]), Ok(()));
        // Fourteen otters are 56 bytes and still too few.
        assert!(check(&"🦦".repeat(14), &[]).is_err_and(|why| why.contains("this has 14")));
        assert_eq!(check("harbour violin antelope mustard 47 lantern", &[]), Ok(()));
        let long = "harbour violin antelope mustard ".repeat(32);
        assert_eq!(long.len(), 1024);
        assert_eq!(check(&long, &[]), Ok(()));
        assert!(check(&format!("{long}x"), &[]).is_err_and(|why| why.contains("1024 bytes")));
        assert_eq!(check("  leading blank, größer 🦦 ", &[]), Ok(()));
    }

    #[test]
    fn what_is_guessed_first_is_refused_with_the_reason() {
        for weak in [
            "password1234567",
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345678",
            "qwertyuiopasdfgh",
            "passwordpassword",
            "ann.winterbottom@ottermoor.example",
            "Winterbottom2026",
            "winterbottomottermoor",
            "tradewindtradewind",
        ] {
            let why = check(weak, &ABOUT).expect_err(weak);
            assert!(why.starts_with("Choose another one. "), "{weak}: {why}");
        }
    }
}
