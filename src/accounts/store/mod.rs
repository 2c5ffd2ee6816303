//! People, the department tree, and who belonged where when.

mod departments;
mod memberships;
mod people;

pub use departments::{
    Branch, DepartmentRow, close, department, department_of, departments, open_department, paths, relocate,
    tell_alone, told_otherwise,
};
pub use memberships::{Membership, memberships_of};
pub use people::{
    Called, Filter, NewPerson, PersonRow, State, add_person, administrators_besides, anybody, by_handles,
    by_name, count_unread, disable, disable_leavers, enable, managers_of, move_person, names, people,
    people_of, person, person_by_email, rename, set_email, set_joined_on, set_left_on, set_password,
    set_role, upgrade_password,
};
