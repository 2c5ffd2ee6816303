//! What notices there are.

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody used my insight.
    Used,
    /// Somebody remarked on my insight.
    Remarked,
    /// The shown value of my insight appeared or moved.
    Settled,
    /// My insight answers a request.
    AnsweredRequest,
    /// A request asks for what I know.
    RequestMatches,
    /// My request was answered.
    RequestAnswered,
    /// My request is about to end, or has ended.
    RequestEnding,
    /// I was awarded a bounty.
    Awarded,
    /// An insight was sent to my department.
    Recommended,
    /// An obstacle is mine to see to, is due, or was changed.
    Obstacle,
    /// A colleague mentioned me.
    Mentioned,
    /// A curator decided about something of mine.
    CaseDecided,
    /// What is told of people's reading or ratings changed, or tells too much.
    Privacy,
}

impl Kind {
    /// All of them, in the order of the settings.
    pub const ALL: [Kind; 13] = [
        Kind::Used,
        Kind::Remarked,
        Kind::Settled,
        Kind::Mentioned,
        Kind::Recommended,
        Kind::RequestMatches,
        Kind::RequestAnswered,
        Kind::RequestEnding,
        Kind::AnsweredRequest,
        Kind::Awarded,
        Kind::Obstacle,
        Kind::CaseDecided,
        Kind::Privacy,
    ];

    /// As the database and the forms write it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Used => "used",
            Kind::Remarked => "remarked",
            Kind::Settled => "settled",
            Kind::AnsweredRequest => "answered_request",
            Kind::RequestMatches => "request_matches",
            Kind::RequestAnswered => "request_answered",
            Kind::RequestEnding => "request_ending",
            Kind::Awarded => "awarded",
            Kind::Recommended => "recommended",
            Kind::Obstacle => "obstacle",
            Kind::Mentioned => "mentioned",
            Kind::CaseDecided => "case_decided",
            Kind::Privacy => "privacy",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As the settings say it.
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Used => "An insight of mine is used",
            Kind::Remarked => "Somebody remarks on an insight of mine",
            Kind::Settled => "The value of an insight of mine appears or moves",
            Kind::AnsweredRequest => "An insight of mine answers a request",
            Kind::RequestMatches => "A request asks for what I may know",
            Kind::RequestAnswered => "A request of mine is answered",
            Kind::RequestEnding => "A request of mine is about to end",
            Kind::Awarded => "An answer of mine is awarded",
            Kind::Recommended => "My department is sent an insight that may help me",
            Kind::Obstacle => "An obstacle of mine is assigned, due or changed",
            Kind::Mentioned => "A colleague mentions me",
            Kind::CaseDecided => "A curator decides about something of mine",
            Kind::Privacy => "What leadership or colleagues may see of my reading and ratings changes",
        }
    }

    /// Why a mail comes, after "You get this because".
    pub const fn because(self) -> &'static str {
        match self {
            Kind::Used => "an insight of yours was used",
            Kind::Remarked => "somebody remarked on an insight of yours",
            Kind::Settled => "an insight of yours has a value",
            Kind::AnsweredRequest => "an insight of yours answers a request",
            Kind::RequestMatches => "somebody asks for what you may know",
            Kind::RequestAnswered => "a request of yours was answered",
            Kind::RequestEnding => "a request of yours is about to end",
            Kind::Awarded => "an answer of yours was awarded",
            Kind::Recommended => "your department was sent an insight that may help you",
            Kind::Obstacle => "you see to an obstacle, opened one, or look after the register",
            Kind::Mentioned => "a colleague mentioned you",
            Kind::CaseDecided => "a curator decided about something of yours",
            Kind::Privacy => "what is shown of reading and ratings changed",
        }
    }
}
