//! Every table, once, for both databases. Kept by hand; `tests/schema.rs` loads each column on both.
//! The full-text index is not here: its shape differs, and [`super::search`] alone speaks to it.

diesel::table! {
    departments (id) {
        id -> BigInt,
        path -> Text,
        folded_path -> Text,
        opened_on -> Date,
        closed_on -> Nullable<Date>,
        succeeded_by -> Nullable<BigInt>,
        told_alone -> Bool,
    }
}

diesel::table! {
    people (id) {
        id -> BigInt,
        email -> Text,
        folded_email -> Text,
        name -> Text,
        folded_name -> Text,
        handle -> Text,
        role -> Text,
        department_id -> BigInt,
        manager -> Bool,
        password_hash -> Nullable<Text>,
        joined_on -> Nullable<Date>,
        left_on -> Nullable<Date>,
        disabled_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        unread_notices -> Integer,
    }
}

diesel::table! {
    memberships (id) {
        id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        from_day -> Nullable<Date>,
        to_day -> Nullable<Date>,
    }
}

diesel::table! {
    sessions (digest) {
        digest -> Text,
        person_id -> BigInt,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        proved_at -> Timestamp,
    }
}

diesel::table! {
    sign_in_links (digest) {
        digest -> Text,
        purpose -> Text,
        person_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sign_in_failures (id) {
        id -> BigInt,
        account -> Text,
        address -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    submissions (person_id, key) {
        person_id -> BigInt,
        key -> Text,
        location -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    audit_log (id) {
        id -> BigInt,
        at -> Timestamp,
        actor_id -> Nullable<BigInt>,
        action -> Text,
        object -> Text,
        detail -> Text,
    }
}

diesel::table! {
    jobs (name) {
        name -> Text,
        due_at -> Timestamp,
        leased_by -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        last_run_at -> Nullable<Timestamp>,
        note -> Text,
    }
}

diesel::table! {
    facts (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    segments (id) {
        id -> BigInt,
        name -> Text,
        folded_name -> Text,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    customers (id) {
        id -> BigInt,
        name -> Text,
        folded_name -> Text,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    tags (id) {
        id -> BigInt,
        name -> Text,
        folded_name -> Text,
        created_by -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    insights (id) {
        id -> BigInt,
        reference -> Text,
        title -> Text,
        body -> Text,
        quote -> Text,
        segment_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        source -> Text,
        observed_on -> Nullable<Date>,
        evidence_url -> Text,
        author_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        contributed_at -> Timestamp,
        day -> Date,
        version -> Integer,
        edited_at -> Nullable<Timestamp>,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_by -> Nullable<BigInt>,
        withdrawn_reason -> Text,
        undone -> Bool,
        merged_into -> Nullable<BigInt>,
    }
}

diesel::table! {
    insight_authors (insight_id, person_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        role -> Text,
        merged_from -> Nullable<BigInt>,
    }
}

diesel::table! {
    insight_tags (insight_id, tag_id) {
        insight_id -> BigInt,
        tag_id -> BigInt,
    }
}

diesel::table! {
    insight_versions (insight_id, version) {
        insight_id -> BigInt,
        version -> Integer,
        title -> Text,
        body -> Text,
        quote -> Text,
        details -> Text,
        reason -> Text,
        edited_by -> BigInt,
        edited_at -> Timestamp,
    }
}

diesel::table! {
    remarks (id) {
        id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        body -> Text,
        at -> Timestamp,
        day -> Date,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    uses (id) {
        id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        at -> Timestamp,
        day -> Date,
        note -> Text,
        signed -> Bool,
    }
}

diesel::table! {
    accesses (id) {
        id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        segment_id -> BigInt,
        at -> Timestamp,
        day -> Date,
    }
}

diesel::table! {
    first_accesses (insight_id, person_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        from_department_id -> BigInt,
        to_department_id -> BigInt,
        segment_id -> BigInt,
        manager -> Bool,
        at -> Timestamp,
        day -> Date,
        last_at -> Timestamp,
    }
}

diesel::table! {
    searches (id) {
        id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        words -> Text,
        results -> Integer,
        at -> Timestamp,
        day -> Date,
    }
}

diesel::table! {
    active_days (day, segment_id) {
        day -> Date,
        segment_id -> BigInt,
        contributed -> Binary,
        accessed -> Binary,
    }
}

diesel::table! {
    covered_days (day) {
        day -> Date,
        insights -> BigInt,
    }
}

diesel::table! {
    activity_daily (day, department_id, manager, segment_id) {
        day -> Date,
        department_id -> BigInt,
        manager -> Bool,
        segment_id -> BigInt,
        contributions -> BigInt,
        accesses -> BigInt,
        uses -> BigInt,
        searches -> BigInt,
        zero_result_searches -> BigInt,
    }
}

diesel::table! {
    flow_daily (from_department_id, to_department_id, day, segment_id) {
        day -> Date,
        from_department_id -> BigInt,
        to_department_id -> BigInt,
        segment_id -> BigInt,
        first_accesses -> BigInt,
    }
}

diesel::table! {
    person_daily (person_id, day, segment_id) {
        person_id -> BigInt,
        day -> Date,
        segment_id -> BigInt,
        contributions -> BigInt,
        accesses -> BigInt,
    }
}

diesel::table! {
    retention_line (id) {
        id -> BigInt,
        before_day -> Date,
    }
}

diesel::table! {
    kept_months (from_day) {
        from_day -> Date,
        to_day -> Date,
        kept_at -> Timestamp,
    }
}

diesel::table! {
    month_readers (from_day, segment_id, department_id, manager) {
        from_day -> Date,
        segment_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        readers -> BigInt,
    }
}

diesel::table! {
    month_flow_readers (from_day, from_department_id, to_department_id, segment_id) {
        from_day -> Date,
        from_department_id -> BigInt,
        to_department_id -> BigInt,
        segment_id -> BigInt,
        readers -> BigInt,
    }
}

diesel::table! {
    insight_reads (insight_id, department_id) {
        insight_id -> BigInt,
        department_id -> BigInt,
        accesses -> BigInt,
        readers -> BigInt,
        last_day -> Date,
    }
}

diesel::table! {
    insight_read_ages (insight_id) {
        insight_id -> BigInt,
        ages -> Text,
    }
}

diesel::table! {
    ratings (id) {
        id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        value -> Integer,
        version -> Integer,
        blind -> Bool,
        first_at -> Timestamp,
        at -> Timestamp,
        day -> Date,
    }
}

diesel::table! {
    value_reveals (insight_id, person_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    raters (person_id) {
        person_id -> BigInt,
        leniency -> Double,
        ratings -> Integer,
    }
}

diesel::table! {
    value_epochs (id) {
        id -> BigInt,
        mu -> Double,
        started_at -> Timestamp,
        policy -> Text,
    }
}

diesel::table! {
    insight_values (insight_id) {
        insight_id -> BigInt,
        raters -> Integer,
        departments -> Integer,
        epoch_id -> BigInt,
        value -> Double,
        sd -> Double,
        lower -> Double,
        label -> Text,
        computed_at -> Timestamp,
        shown_tenths -> Integer,
        shown_low_tenths -> Integer,
        shown_high_tenths -> Integer,
        shown_label -> Text,
        shown_raters -> Integer,
        shown_at -> Nullable<Timestamp>,
        uses -> Integer,
        contributed_at -> Timestamp,
        lower_hundredths -> Integer,
        enough_since -> Nullable<Timestamp>,
    }
}

diesel::table! {
    value_cells (insight_id, voice) {
        insight_id -> BigInt,
        voice -> Text,
        n -> Integer,
        sum -> Double,
    }
}

diesel::table! {
    value_changes (id) {
        id -> BigInt,
        insight_id -> BigInt,
    }
}

diesel::table! {
    value_queue (id) {
        id -> BigInt,
        person_id -> BigInt,
    }
}

diesel::table! {
    value_state (id) {
        id -> BigInt,
        factor -> Double,
        residual -> Double,
        refit_bound -> Double,
        refit_at -> Nullable<Timestamp>,
        drained_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    rating_standings (insight_id, person_id, case_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        case_id -> BigInt,
        standing -> Text,
        until_day -> Nullable<Date>,
    }
}

diesel::table! {
    value_accounts (insight_id) {
        insight_id -> BigInt,
        account -> Text,
    }
}

diesel::table! {
    checked_uploads (digest) {
        digest -> Text,
        person_id -> BigInt,
        at -> Timestamp,
        people -> Nullable<Binary>,
        insights -> Nullable<Binary>,
        accesses -> Nullable<Binary>,
        ratings -> Nullable<Binary>,
    }
}

diesel::table! {
    notices (id) {
        id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        about -> Text,
        title -> Text,
        path -> Text,
        text -> Text,
        events -> Integer,
        at -> Timestamp,
        read_at -> Nullable<Timestamp>,
        mail_since -> Nullable<Timestamp>,
    }
}

diesel::table! {
    notice_events (person_id, key) {
        person_id -> BigInt,
        key -> Text,
        notice_id -> Nullable<BigInt>,
        department -> Text,
        text -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    mail_wishes (person_id) {
        person_id -> BigInt,
        rhythm -> Text,
        muted -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    outbox (id) {
        id -> BigInt,
        message_id -> Text,
        person_id -> BigInt,
        address -> Nullable<Text>,
        purpose -> Text,
        subject -> Text,
        body -> Text,
        state -> Text,
        tries -> Integer,
        next_at -> Timestamp,
        not_after -> Nullable<Timestamp>,
        leased_by -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        problem -> Text,
        created_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    unsubscribe_links (digest) {
        digest -> Text,
        person_id -> BigInt,
        created_at -> Timestamp,
    }
}

diesel::table! {
    link_requests (id) {
        id -> BigInt,
        account -> Text,
        address -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    ledger_transactions (id) {
        id -> BigInt,
        key -> Text,
        reason -> Text,
        request_id -> Nullable<BigInt>,
        day -> Nullable<Date>,
        reverses -> Nullable<BigInt>,
        at -> Timestamp,
    }
}

diesel::table! {
    ledger_accounts (id) {
        id -> BigInt,
        kind -> Text,
        owner_id -> BigInt,
        balance -> BigInt,
    }
}

diesel::table! {
    ledger_entries (id) {
        id -> BigInt,
        transaction_id -> BigInt,
        account_id -> BigInt,
        amount -> BigInt,
        balance -> BigInt,
    }
}

diesel::table! {
    earnings (insight_id, week) {
        insight_id -> BigInt,
        week -> Date,
        settled_at -> Timestamp,
        raters -> Integer,
        departments -> Integer,
        lower_hundredths -> Integer,
        quality_bp -> Integer,
        readers -> Integer,
        noted_uses -> Integer,
        weighted_readers -> Integer,
        credits -> BigInt,
    }
}

diesel::table! {
    earning_shares (person_id, week, insight_id) {
        insight_id -> BigInt,
        week -> Date,
        person_id -> BigInt,
        earned -> BigInt,
        paid -> BigInt,
    }
}

diesel::table! {
    earning_uses (insight_id, person_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        week -> Date,
    }
}

diesel::table! {
    earning_ratings (person_id, insight_id) {
        insight_id -> BigInt,
        person_id -> BigInt,
        day -> Date,
        week -> Date,
        paid -> Bool,
    }
}

diesel::table! {
    requests (id) {
        id -> BigInt,
        asker_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        question -> Text,
        why -> Text,
        segment_id -> Nullable<BigInt>,
        customer_id -> Nullable<BigInt>,
        asked_at -> Timestamp,
        day -> Date,
        closes_at -> Timestamp,
        extended_at -> Nullable<Timestamp>,
        edited_at -> Nullable<Timestamp>,
        state -> Text,
        closed_at -> Nullable<Timestamp>,
        bounty -> BigInt,
        words -> Text,
        moved_at -> Timestamp,
        revision -> Integer,
    }
}

diesel::table! {
    request_departments (request_id, department_id) {
        request_id -> BigInt,
        department_id -> BigInt,
    }
}

diesel::table! {
    request_tags (request_id, tag_id) {
        request_id -> BigInt,
        tag_id -> BigInt,
    }
}

diesel::table! {
    request_funders (request_id, person_id) {
        request_id -> BigInt,
        person_id -> BigInt,
        credits -> BigInt,
        first_at -> Timestamp,
    }
}

diesel::table! {
    request_answers (request_id, insight_id) {
        request_id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
        department_id -> BigInt,
        manager -> Bool,
        at -> Timestamp,
        day -> Date,
        withdrawn_at -> Nullable<Timestamp>,
        weight -> Integer,
        credits -> BigInt,
    }
}

diesel::table! {
    request_events (id) {
        id -> BigInt,
        request_id -> BigInt,
        kind -> Text,
        actor_id -> Nullable<BigInt>,
        department_id -> Nullable<BigInt>,
        manager -> Bool,
        at -> Timestamp,
        day -> Date,
        credits -> BigInt,
        insight_id -> Nullable<BigInt>,
        detail -> Text,
    }
}

diesel::table! {
    request_askers (person_id) {
        person_id -> BigInt,
        last_at -> Timestamp,
    }
}

diesel::table! {
    follows (person_id, kind, object_id) {
        person_id -> BigInt,
        kind -> Text,
        object_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    review_cases (id) {
        id -> BigInt,
        kind -> Text,
        key -> Text,
        state -> Text,
        insight_id -> Nullable<BigInt>,
        other_id -> Nullable<BigInt>,
        remark_id -> Nullable<BigInt>,
        evidence -> Text,
        weight -> Integer,
        opened_at -> Timestamp,
        updated_at -> Timestamp,
        decision -> Text,
        reason -> Text,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        shortfall -> BigInt,
    }
}

diesel::table! {
    review_decisions (id) {
        id -> BigInt,
        case_id -> BigInt,
        decision -> Text,
        reason -> Text,
        person_id -> Nullable<BigInt>,
        at -> Timestamp,
        undone_by -> Nullable<BigInt>,
        undone_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    review_people (case_id, person_id) {
        case_id -> BigInt,
        person_id -> BigInt,
    }
}

diesel::table! {
    review_ratings (case_id, insight_id, person_id) {
        case_id -> BigInt,
        insight_id -> BigInt,
        person_id -> BigInt,
    }
}

diesel::table! {
    review_reports (case_id, person_id) {
        case_id -> BigInt,
        person_id -> BigInt,
        reason -> Text,
        words -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    review_bands (band, insight_id) {
        band -> BigInt,
        insight_id -> BigInt,
    }
}

diesel::table! {
    review_scans (name) {
        name -> Text,
        upto -> BigInt,
    }
}

diesel::table! {
    figure_runs (from_day, to_day) {
        from_day -> Date,
        to_day -> Date,
        asked_at -> Timestamp,
        computed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    figures (from_day, to_day, place) {
        from_day -> Date,
        to_day -> Date,
        place -> Integer,
        metric -> Text,
        version -> Integer,
        figure -> Text,
    }
}

diesel::table! {
    reports (id) {
        id -> BigInt,
        month -> Nullable<Date>,
        period_from -> Date,
        period_to -> Date,
        segment_id -> Nullable<BigInt>,
        made_by -> Nullable<BigInt>,
        made_at -> Timestamp,
        sentence -> Text,
        frozen -> Text,
    }
}

diesel::table! {
    report_mails (report_id, person_id) {
        report_id -> BigInt,
        person_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    flow_looks (day, department_id, person_id, kind) {
        day -> Date,
        department_id -> BigInt,
        person_id -> BigInt,
        kind -> Text,
        at -> Timestamp,
        times -> Integer,
    }
}

diesel::table! {
    sendings (kind, object_id, department_id) {
        kind -> Text,
        object_id -> BigInt,
        department_id -> BigInt,
        reason -> Text,
        person_id -> Nullable<BigInt>,
        people -> Integer,
        at -> Timestamp,
        together -> Nullable<Integer>,
    }
}

diesel::table! {
    request_matches (request_id, insight_id) {
        request_id -> BigInt,
        insight_id -> BigInt,
    }
}

diesel::table! {
    request_scans (request_id) {
        request_id -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    insight_readers (insight_id, department_id) {
        insight_id -> BigInt,
        department_id -> BigInt,
        readers -> Integer,
    }
}

diesel::table! {
    figure_insights (from_day, to_day, metric, insight_id) {
        from_day -> Date,
        to_day -> Date,
        metric -> Text,
        insight_id -> BigInt,
    }
}

diesel::table! {
    figure_shapes (from_day, to_day, name) {
        from_day -> Date,
        to_day -> Date,
        name -> Text,
        shape -> Text,
    }
}

diesel::table! {
    privacy_checks (id) {
        id -> BigInt,
        at -> Timestamp,
        periods -> BigInt,
        sums -> BigInt,
        cells -> BigInt,
        insights -> BigInt,
        complete -> Bool,
        findings -> BigInt,
        lists -> BigInt,
        rounds -> BigInt,
        points -> BigInt,
        halves -> BigInt,
        reasons -> BigInt,
        found_in -> Text,
    }
}

diesel::table! {
    privacy_thresholds (id) {
        id -> BigInt,
        name -> Text,
        was -> BigInt,
        value -> BigInt,
        proposed_by -> Nullable<BigInt>,
        proposed_at -> Timestamp,
        reason -> Text,
        decided_by -> Nullable<BigInt>,
        decided_at -> Nullable<Timestamp>,
        agreed -> Bool,
        told_up_to -> BigInt,
    }
}

diesel::table! {
    obstacles (id) {
        id -> BigInt,
        metric -> Text,
        part -> Text,
        whom -> Text,
        from_key -> Text,
        from_name -> Text,
        to_key -> Text,
        to_name -> Text,
        description -> Text,
        action -> Text,
        owner_id -> BigInt,
        due_on -> Date,
        state -> Text,
        version -> Integer,
        opened_by -> BigInt,
        opened_at -> Timestamp,
        opened_on -> Date,
        ended_on -> Nullable<Date>,
        undone -> Bool,
        weeks -> Text,
    }
}

diesel::table! {
    obstacle_events (id) {
        id -> BigInt,
        obstacle_id -> BigInt,
        kind -> Text,
        actor_id -> Nullable<BigInt>,
        at -> Timestamp,
        day -> Date,
        words -> Text,
        before -> Text,
        after -> Text,
    }
}

diesel::table! {
    obstacle_measures (obstacle_id, to_day) {
        obstacle_id -> BigInt,
        to_day -> Date,
        from_day -> Date,
        figure -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    seen_days (day, person_id) {
        day -> Date,
        person_id -> BigInt,
    }
}

diesel::table! {
    own_brokerage (person_id) {
        person_id -> BigInt,
        from_day -> Date,
        to_day -> Date,
        betweenness -> Double,
        burt_constraint -> Nullable<Double>,
        is_estimate -> Bool,
    }
}

diesel::table! {
    trials (id) {
        id -> BigInt,
        obstacle_id -> BigInt,
        department_id -> BigInt,
        seed -> Text,
        started_by -> BigInt,
        started_at -> Timestamp,
        started_on -> Date,
        ends_on -> Date,
        state -> Text,
        ended_at -> Nullable<Timestamp>,
        ended_by -> Nullable<BigInt>,
        reason -> Text,
        outcome -> Text,
    }
}

diesel::table! {
    trial_insights (trial_id, insight_id) {
        trial_id -> BigInt,
        insight_id -> BigInt,
        pair -> Integer,
        at_once -> Bool,
    }
}

diesel::table! {
    unshared_counts (month, department_id, reason) {
        month -> Date,
        department_id -> BigInt,
        reason -> Text,
        people -> Integer,
    }
}

diesel::table! {
    unshared_marks (month, person_id) {
        month -> Date,
        person_id -> BigInt,
    }
}

diesel::table! {
    report_baselines (by_hand) {
        by_hand -> Bool,
        report_id -> BigInt,
        marked_by -> Nullable<BigInt>,
        marked_at -> Timestamp,
    }
}

diesel::joinable!(people -> departments (department_id));
diesel::joinable!(memberships -> people (person_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(sign_in_links -> people (person_id));
diesel::joinable!(insights -> people (author_id));
diesel::joinable!(insights -> departments (department_id));
diesel::joinable!(insights -> segments (segment_id));
diesel::joinable!(insights -> customers (customer_id));
diesel::joinable!(insight_authors -> insights (insight_id));
diesel::joinable!(insight_authors -> people (person_id));
diesel::joinable!(insight_tags -> insights (insight_id));
diesel::joinable!(insight_tags -> tags (tag_id));
diesel::joinable!(insight_versions -> insights (insight_id));
diesel::joinable!(remarks -> insights (insight_id));
diesel::joinable!(remarks -> people (person_id));
diesel::joinable!(remarks -> departments (department_id));
diesel::joinable!(uses -> insights (insight_id));
diesel::joinable!(uses -> people (person_id));
diesel::joinable!(uses -> departments (department_id));
diesel::joinable!(accesses -> insights (insight_id));
diesel::joinable!(accesses -> people (person_id));
diesel::joinable!(first_accesses -> insights (insight_id));
diesel::joinable!(first_accesses -> people (person_id));
diesel::joinable!(searches -> people (person_id));
diesel::joinable!(ratings -> insights (insight_id));
diesel::joinable!(ratings -> people (person_id));
diesel::joinable!(insight_values -> insights (insight_id));
diesel::joinable!(raters -> people (person_id));
diesel::joinable!(notices -> people (person_id));
diesel::joinable!(mail_wishes -> people (person_id));
diesel::joinable!(outbox -> people (person_id));
diesel::joinable!(unsubscribe_links -> people (person_id));
diesel::joinable!(ledger_entries -> ledger_transactions (transaction_id));
diesel::joinable!(ledger_entries -> ledger_accounts (account_id));
diesel::joinable!(earnings -> insights (insight_id));
diesel::joinable!(earning_shares -> insights (insight_id));
diesel::joinable!(earning_uses -> insights (insight_id));
diesel::joinable!(earning_ratings -> insights (insight_id));
diesel::joinable!(requests -> people (asker_id));
diesel::joinable!(requests -> departments (department_id));
diesel::joinable!(requests -> segments (segment_id));
diesel::joinable!(requests -> customers (customer_id));
diesel::joinable!(request_departments -> requests (request_id));
diesel::joinable!(request_departments -> departments (department_id));
diesel::joinable!(request_tags -> requests (request_id));
diesel::joinable!(request_tags -> tags (tag_id));
diesel::joinable!(request_funders -> requests (request_id));
diesel::joinable!(request_funders -> people (person_id));
diesel::joinable!(request_answers -> requests (request_id));
diesel::joinable!(request_answers -> insights (insight_id));
diesel::joinable!(request_answers -> people (person_id));
diesel::joinable!(request_events -> requests (request_id));
diesel::joinable!(request_events -> people (actor_id));
diesel::joinable!(review_bands -> insights (insight_id));
diesel::joinable!(review_decisions -> review_cases (case_id));
diesel::joinable!(review_people -> people (person_id));
diesel::joinable!(review_people -> review_cases (case_id));
diesel::joinable!(review_ratings -> review_cases (case_id));
diesel::joinable!(review_reports -> people (person_id));
diesel::joinable!(reports -> people (made_by));
diesel::joinable!(report_mails -> people (person_id));
diesel::joinable!(flow_looks -> people (person_id));
diesel::joinable!(obstacles -> people (owner_id));
diesel::joinable!(obstacle_events -> people (actor_id));
diesel::joinable!(obstacle_events -> obstacles (obstacle_id));
diesel::joinable!(obstacle_measures -> obstacles (obstacle_id));
diesel::joinable!(trials -> obstacles (obstacle_id));
diesel::joinable!(trials -> departments (department_id));
diesel::joinable!(trial_insights -> trials (trial_id));
diesel::joinable!(trial_insights -> insights (insight_id));
diesel::joinable!(report_baselines -> reports (report_id));
diesel::joinable!(sendings -> people (person_id));
diesel::joinable!(sendings -> departments (department_id));
diesel::joinable!(request_matches -> requests (request_id));
diesel::joinable!(request_matches -> insights (insight_id));
diesel::joinable!(request_scans -> requests (request_id));
diesel::joinable!(insight_readers -> insights (insight_id));
diesel::joinable!(figure_insights -> insights (insight_id));

diesel::allow_tables_to_appear_in_same_query!(
    departments,
    people,
    memberships,
    sessions,
    sign_in_links,
    sign_in_failures,
    submissions,
    audit_log,
    jobs,
    facts,
    segments,
    customers,
    tags,
    insights,
    insight_authors,
    insight_tags,
    insight_versions,
    remarks,
    uses,
    accesses,
    first_accesses,
    searches,
    active_days,
    covered_days,
    activity_daily,
    flow_daily,
    person_daily,
    ratings,
    value_reveals,
    raters,
    value_epochs,
    insight_values,
    value_cells,
    value_changes,
    value_queue,
    value_state,
    rating_standings,
    value_accounts,
    checked_uploads,
    notices,
    notice_events,
    mail_wishes,
    outbox,
    unsubscribe_links,
    link_requests,
    ledger_transactions,
    ledger_accounts,
    ledger_entries,
    earnings,
    earning_shares,
    earning_uses,
    earning_ratings,
    requests,
    request_departments,
    request_tags,
    request_funders,
    request_answers,
    request_events,
    request_askers,
    follows,
    review_bands,
    review_cases,
    review_decisions,
    review_people,
    review_ratings,
    review_reports,
    review_scans,
    figure_runs,
    figures,
    reports,
    report_mails,
    flow_looks,
    sendings,
    request_matches,
    request_scans,
    insight_readers,
    figure_insights,
    figure_shapes,
    privacy_checks,
    privacy_thresholds,
    retention_line,
    kept_months,
    month_readers,
    month_flow_readers,
    insight_reads,
    insight_read_ages,
    obstacles,
    obstacle_events,
    obstacle_measures,
    trials,
    trial_insights,
    unshared_counts,
    unshared_marks,
    seen_days,
    own_brokerage,
    report_baselines,
);
