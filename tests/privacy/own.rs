//! A manager sees the own department and nothing else.

use super::company::*;
use crate::support::*;

on_both!(a_manager_sees_the_own_department_only, |app| async move {
    let mut company = company(&app).await;
    seven_weeks(&app, &mut company).await;
    let lead = |name: &str| company.people.iter().find(|p| p.name == name).expect("somebody").clone();
    let operations = app.another_browser(&lead("Operations 0")).await;
    let own = operations.department_id;
    let page = operations.get(&format!("/flow/departments/{own}?weeks=13")).await.expect(200);
    assert!(page.body.contains("Here and in the company"), "{}", page.body);
    // Nothing finer, narrower or else, by whatever address.
    let plain = page.text();
    for narrower in ["&segment=1", "&level=2", "&root=1", "&managers=yes", "&department=1"] {
        let found = operations.get(&format!("/flow/departments/{own}?weeks=13{narrower}")).await.expect(200);
        assert_eq!(found.text(), plain, "{narrower}");
    }
    assert!(!page.body.contains("/flow/accesses") && !page.body.contains("/flow/csv"), "no lists");
    for person in &company.people {
        if person.department_id != own {
            operations.get(&format!("/flow/departments/{}", person.department_id)).await.expect(404);
        }
    }
    for key in
        [format!("{own}-rest"), "rest".into(), "elsewhere".into(), format!("0{own}"), format!("+{own}")]
    {
        operations.get(&format!("/flow/departments/{key}")).await.expect(404);
    }
    for path in [
        "/flow",
        "/flow/requests",
        "/flow/contributions",
        "/flow/accesses",
        "/flow/coverage",
        "/flow/people",
        "/flow/searches",
        "/flow/csv/matrix",
        "/flow/csv/figures",
        "/flow/csv/departments",
        "/flow/csv/accesses",
        "/flow/csv/searches",
        "/flow/csv/weeks",
        "/flow/csv/segments",
        "/flow/csv/contributions",
        "/flow/csv/coverage",
        "/reports",
        "/reports/1",
        "/reports/1.csv",
        "/reports/1.json",
        "/reports/1.xlsx",
    ] {
        operations.get(path).await.expect(403);
        operations.get(&format!("{path}?department={own}")).await.expect(403);
    }
    operations.get(&format!("/flow/{own}/{own}")).await.expect(403);
    // Fewer than ten people are not shown to whoever leads them.
    let staff = app.another_browser(&lead("Staff 0")).await;
    let page = staff.get(&format!("/flow/departments/{}", staff.department_id)).await.expect(200);
    assert!(page.body.contains("Figures are shown from 10 people on"), "{}", page.body);
    assert!(!page.body.contains("Here and in the company"));
});

on_both!(after_a_move_a_manager_sees_the_new_department_only, |app| async move {
    let mut company = company(&app).await;
    seven_weeks(&app, &mut company).await;
    let mut lead = company.people.iter().find(|p| p.name == "Staff 0").expect("somebody").clone();
    let operations =
        company.people.iter().find(|p| p.name == "Operations 5").expect("somebody").department_id;
    let old = lead.department_id;
    let before = app.another_browser(&lead).await;
    before.get(&format!("/flow/departments/{operations}")).await.expect(404);
    moves(&app, &mut lead, "Operations").await;
    // The session that was open before the move, at once.
    before.get(&format!("/flow/departments/{old}")).await.expect(404);
    before.get(&format!("/flow/departments/{operations}")).await.expect(200);
});
