//! What an obstacle hurts: a figure of the company or of managers, or one flow.

use crate::flow::metrics::definitions::{DEFINITIONS, Unit, definition};
use crate::flow::metrics::figure::{Figure, Whom};
use crate::flow::store::looks;

/// Both ends of a flow, as addresses name its groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    pub from_key: String,
    pub from_name: String,
    pub to_key: String,
    pub to_name: String,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Metric { id: &'static str, part: String, whom: Whom },
    Flow(Flow),
}

/// The metrics that are told of everybody, and of managers too.
const OF_MANAGERS: [&str; 4] = ["C1", "C2", "C3", "C4"];
/// Those that are of a pair, of a department or of each month, and so are no one number.
const NOT_ONE: [&str; 3] = ["C7", "C10", "C22"];
/// Where less is better; of everything else more is.
const LESS_IS_BETTER: [&str; 9] = ["C5", "C9", "C11", "C12", "C15", "C17", "C18", "C20", "C21"];

impl Target {
    /// From its code in addresses and forms: `C9`, `C1m` for managers, `C5.gini_accesses` for a part.
    pub fn of_code(code: &str) -> Option<Target> {
        let (name, part) = code.split_once('.').unwrap_or((code, ""));
        let (id, whom) = match name.strip_suffix('m') {
            Some(id) if OF_MANAGERS.contains(&id) => (id, Whom::Managers),
            Some(_) => return None,
            None => (name, Whom::All),
        };
        let definition = definition(id).filter(|definition| !NOT_ONE.contains(&definition.id))?;
        let known = definition.parts.iter().any(|known| known.part == part);
        known.then(|| Target::Metric { id: definition.id, part: part.to_owned(), whom })
    }

    /// Its code; empty for a flow, which is named by both its ends.
    pub fn code(&self) -> String {
        match self {
            Target::Flow(_) => String::new(),
            Target::Metric { id, part, whom } => {
                let managers = if *whom == Whom::Managers { "m" } else { "" };
                let part = if part.is_empty() { String::new() } else { format!(".{part}") };
                format!("{id}{managers}{part}")
            }
        }
    }

    /// Whom its figure is about: departments, or the whole company.
    pub fn departments(&self) -> Vec<i64> {
        match self {
            Target::Flow(flow) => [&flow.from_key, &flow.to_key].map(|key| looks::department_of(key)).into(),
            Target::Metric { .. } => vec![looks::EVERYBODY],
        }
    }

    /// As the audit log writes it.
    pub fn code_or_flow(&self) -> String {
        match self {
            Target::Flow(flow) => format!("flow {} to {}", flow.from_key, flow.to_key),
            Target::Metric { .. } => self.code(),
        }
    }

    /// As a page names it.
    pub fn name(&self) -> String {
        match self {
            Target::Flow(flow) => format!("{} to {}", flow.from_name, flow.to_name),
            Target::Metric { id, part, whom } => {
                let name = definition(id).map_or_else(|| (*id).to_owned(), |known| known.name_of(part));
                if *whom == Whom::Managers { format!("{name}, managers") } else { name }
            }
        }
    }

    /// The page of the flow feature that it stands on.
    pub fn href(&self) -> String {
        match self {
            Target::Flow(flow) => format!("/flow/{}/{}", flow.from_key, flow.to_key),
            Target::Metric { id, .. } => format!("/flow/metrics/{id}"),
        }
    }

    /// What its chart of weeks counts: of a flow its first openings.
    pub fn unit(&self) -> Unit {
        match self {
            Target::Flow(_) => Unit::Count,
            Target::Metric { id, part, .. } => definition(id)
                .and_then(|known| known.parts.iter().find(|one| one.part == part.as_str()))
                .map_or(Unit::Count, |one| one.unit),
        }
    }

    /// What a point of that chart is, in words; `by_week` where each week stands for itself.
    pub fn of_weeks(&self, by_week: bool) -> &'static str {
        match self {
            Target::Flow(_) if by_week => "first openings a week, weeks of fewer than five readers together",
            Target::Metric { .. } if by_week => "a person a month, by week",
            _ if self.unit() == Unit::Share => "percent, over the weeks up to each Sunday",
            _ => "over the weeks up to each Sunday",
        }
    }

    /// Whether less of it is better.
    pub fn less_is_better(&self) -> bool {
        match self {
            Target::Flow(_) => false,
            Target::Metric { id, part, .. } => {
                LESS_IS_BETTER.contains(id)
                    && !matches!((*id, part.as_str()), ("C18", "fill_rate") | ("C17", "requests"))
            }
        }
    }

    /// Whether a figure is this one.
    pub fn fits(&self, figure: &Figure) -> bool {
        match self {
            Target::Flow(_) => false,
            Target::Metric { id, part, whom } => {
                figure.id == *id && figure.part == part.as_str() && figure.whom == *whom
            }
        }
    }
}

/// Every metric that can be chosen, by code and name, in the order of the definitions.
pub fn choices() -> Vec<(String, String)> {
    let mut choices = Vec::new();
    for definition in DEFINITIONS.iter().filter(|definition| !NOT_ONE.contains(&definition.id)) {
        for part in definition.parts {
            let whoms: &[Whom] = if OF_MANAGERS.contains(&definition.id) {
                &[Whom::All, Whom::Managers]
            } else {
                &[Whom::All]
            };
            for whom in whoms {
                let target =
                    Target::Metric { id: definition.id, part: part.part.to_owned(), whom: whom.clone() };
                choices.push((target.code(), target.name()));
            }
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_comes_back_from_its_code() {
        let choices = choices();
        assert!(choices.len() > 30);
        for (code, name) in &choices {
            let target = Target::of_code(code).expect("a target");
            assert_eq!((&target.code(), &target.name()), (code, name));
        }
        let mut names: Vec<&str> = choices.iter().map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), choices.len(), "two metrics of one name cannot be told apart in a list");
    }

    #[test]
    fn what_is_no_one_number_cannot_be_chosen() {
        for code in ["", "C7", "C10", "C10.betweenness", "C22", "C24", "C9m", "C5", "C5.x", "c9", "C1mm"] {
            assert_eq!(Target::of_code(code), None, "{code}");
        }
    }
}
