//! People, the department tree, and who belonged where when.

mod departments;
mod memberships;
mod people;

pub use departments::{
    Branch, DepartmentRow, close, department, department_of, departments, open_department, relocate,
};
pub use people::{Filter, State, add_person};
pub use people::{
    NewPerson, PersonRow, administrators_besides, anybody, disable, disable_leavers, enable, move_person,
    people, people_of, person, person_by_email, rename, set_email, set_password, set_role, upgrade_password,
};
