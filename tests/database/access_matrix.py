"""Who may do what with which relation: the decisions, in words. A role that is not named may do nothing.

Whose rows: ``own`` are those of the user whose request it is, ``open`` are for everybody, ``visible`` are both, ``all``
says itself. A table, view, function or partial column list without a decision fails the tests.
"""

from __future__ import annotations

ROLES = ("application_user", "workbench", "reviewer")

CURATED = {
    "application_user": "reads all",
    "workbench": "reads all, adds all, changes all",
    "reviewer": "reads all",
}
RESULTS = {"workbench": "reads all", "reviewer": "reads all"}
OWNER_ALONE: dict[str, str] = {}

RELATIONS: dict[str, dict[str, str]] = {
    # what is meant for everybody
    "techniques": CURATED,
    "technique_patterns": CURATED,
    "intent_taxonomy": CURATED,
    "intent_technique_effectiveness": CURATED | {"workbench": "reads all, adds all, changes all, deletes all"},
    "effectiveness_batches": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "effectiveness_estimates": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "v_effectiveness_changes": RESULTS,
    "prompt_templates": {"application_user": "reads visible", "workbench": "reads open"},
    "prompt_examples": {"application_user": "reads visible", "workbench": "reads open"},
    # persons
    "users": {"application_user": "reads own, changes own"},
    "user_learning_profiles": {"application_user": "reads own, adds own, changes own, deletes own"},
    "prompt_history": {
        "application_user": "reads own, adds own, changes own, deletes own",
        "workbench": "reads all",  # without persons and texts: see COLUMNS
    },
    "a partition of prompt_history": OWNER_ALONE,
    "prompt_history_archive": {"application_user": "reads own"},
    "enhancement_feedback": {
        "application_user": "reads own, adds own, changes own, deletes own",
        "workbench": "reads all",
    },
    "enhancement_feedback_archive": {"application_user": "reads own"},
    "community_prompts": {"application_user": "reads visible, adds own, changes own, deletes own"},
    "community_interactions": {"application_user": "reads own, adds own, changes own, deletes own"},
    "v_history_deidentified": {"workbench": "reads all"},
    "v_feedback_deidentified": {"workbench": "reads all"},
    "mv_user_technique_affinity": OWNER_ALONE,
    "v_my_technique_affinity": {"application_user": "reads own"},
    # training, models, results
    "ml_training_data": {"workbench": "reads all, adds all, changes all"},
    "training_vectors": {"workbench": "reads all, adds all"},
    "taxonomy_vectors": {"workbench": "reads all, adds all, changes all"},
    "v_taxonomy_words": {"workbench": "reads all"},
    "ml_model_performance": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "model_deployment_events": {"workbench": "reads all, adds all", "reviewer": "reads all"},
    "import_batches": {"workbench": "reads all, adds all, changes all"},
    "import_quarantine": {"workbench": "reads all, adds all, deletes all"},
    "history_simulations": {"workbench": "reads all"},
    # decisions and their outcomes
    "decision_log": {"workbench": "reads all, adds all", "reviewer": "reads all"},
    "decision_outcomes": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "outcome_imports": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "outcome_quarantine": {"workbench": "reads all, adds all, deletes all"},
    "technique_performance_analytics": RESULTS,
    "mv_daily_active_techniques": RESULTS,
    "ab_experiments": RESULTS,
    "audit_log": {"workbench": "reads open", "reviewer": "reads open"},
    "retrain_runs": {"workbench": "reads all, adds all, changes all, deletes all", "reviewer": "reads all"},
    "retrain_steps": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "schedules": {"workbench": "reads all, adds all, deletes all", "reviewer": "reads all"},
    "schedule_turns": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    "trigger_evaluations": {"workbench": "reads all, adds all, changes all", "reviewer": "reads all"},
    # the house's own
    "schema_migrations": RESULTS,
    "analytics_days_to_recompute": OWNER_ALONE,
    "maintenance_jobs": OWNER_ALONE,
    "maintenance_runs": OWNER_ALONE,
    "v_table_sizes": OWNER_ALONE,
    "v_table_health": OWNER_ALONE,
    "v_index_usage": OWNER_ALONE,
    "v_index_health": OWNER_ALONE,
    "v_slow_queries": OWNER_ALONE,
}

# Where a role may do it with some columns only.
COLUMNS: dict[tuple[str, str, str], str] = {
    ("application_user", "users", "changes"): "username full_name avatar_url bio preferences",
    ("application_user", "user_learning_profiles", "adds"): (
        "user_id skill_level techniques_mastered techniques_learning primary_use_cases preferred_explanation_style "
        "interest_vector style_vector"
    ),
    ("application_user", "user_learning_profiles", "changes"): (
        "skill_level techniques_mastered techniques_learning primary_use_cases preferred_explanation_style "
        "interest_vector style_vector"
    ),
    ("application_user", "prompt_history", "adds"): (
        "id user_id session_id original_prompt original_length detected_intent_path detected_complexity "
        "enhanced_prompt enhanced_length techniques_applied enhancement_metadata processing_time_ms model_confidence "
        "user_rating feedback_text was_helpful client_type api_version created_at decision_id"
    ),
    ("application_user", "prompt_history", "changes"): "user_rating feedback_text was_helpful",
    ("application_user", "enhancement_feedback", "changes"): (
        "overall_rating technique_ratings what_worked what_didnt_work suggestions resulted_in_success "
        "time_saved_estimate would_recommend"
    ),
    ("application_user", "community_prompts", "adds"): (
        "id author_id title description original_prompt enhanced_prompt techniques_used category tags language "
        "is_public"
    ),
    ("application_user", "community_prompts", "changes"): (
        "title description original_prompt enhanced_prompt techniques_used category tags language is_public"
    ),
    ("application_user", "community_interactions", "changes"): (
        "has_liked has_saved has_reported times_used last_used_at private_notes"
    ),
    ("workbench", "taxonomy_vectors", "changes"): "words embedding",
    ("workbench", "prompt_history", "reads"): (
        "id user_pseudonym original_length detected_intent_path detected_complexity enhanced_length techniques_applied "
        "propensity simulation processing_time_ms model_confidence user_rating was_helpful client_type api_version "
        "created_at is_synthetic decision_id"
    ),
    ("workbench", "enhancement_feedback", "reads"): (
        "id prompt_history_id prompt_history_created_at overall_rating resulted_in_success time_saved_estimate "
        "would_recommend created_at decision_id"
    ),
    ("workbench", "decision_log", "reads"): (
        "id decided_at prompt_key prompt_embedding embedding_space intent_path intent_probabilities complexity domain "
        "user_pseudonym language_model candidates propensities chosen propensity policy policy_version is_exploration "
        "cost_tokens latency_ms import_id is_synthetic"
    ),
    ("reviewer", "decision_log", "reads"): (
        "id decided_at prompt_key embedding_space intent_path intent_probabilities complexity domain language_model "
        "candidates propensities chosen propensity policy policy_version is_exploration cost_tokens latency_ms "
        "import_id is_synthetic"
    ),
    ("workbench", "decision_outcomes", "changes"): "reward recorded_at",
    ("workbench", "outcome_imports", "changes"): "rows_written rows_quarantined",
    ("workbench", "intent_taxonomy", "changes"): (
        "name typical_complexity requires_creativity requires_analysis requires_structure keywords description"
    ),
    ("workbench", "techniques", "changes"): (
        "name category subcategory description detailed_explanation complexity_level base_effectiveness "
        "effectiveness_variance when_to_use when_not_to_use prerequisites is_active is_experimental requires_examples "
        "min_context_length max_context_length version sources updated_at"
    ),
    ("workbench", "technique_patterns", "changes"): (
        "template template_vars intent_types optimal_for is_active version updated_at"
    ),
    ("workbench", "intent_technique_effectiveness", "changes"): (
        "effectiveness_score confidence_level sample_size complexity_adjustment domain_adjustments "
        "real_world_performance estimated_by_run is_synthetic batch_id last_calculated"
    ),
    ("workbench", "effectiveness_batches", "adds"): (
        "run_id outcomes synthetic_outcomes propensity_source r_hat prompt_correlation settings log_sha256"
    ),
    ("workbench", "effectiveness_batches", "changes"): "state",
    ("workbench", "effectiveness_estimates", "changes"): "previous written",
    ("workbench", "ml_training_data", "changes"): "is_test_set prompt_embedding embedding_space",
    ("workbench", "ml_model_performance", "changes"): "is_active deployed_at deprecated_at",
    ("workbench", "model_deployment_events", "adds"): (
        "model_type kind from_model to_model actor reason is_override gate_report gates_sha256"
    ),
    ("workbench", "retrain_runs", "changes"): (
        "state inputs validated_rows owner heartbeat_at started_at finished_at processes cancel_asked_at "
        "cancel_asked_by mlflow_run_id folder failure error"
    ),
    ("workbench", "retrain_steps", "changes"): "state finished_at kernel failure error",
    ("workbench", "schedule_turns", "changes"): "owner taken_at attempts state finished_at message retrain_run_id",
    ("workbench", "trigger_evaluations", "changes"): "retrain_run_id",
    ("workbench", "import_batches", "changes"): "rows_written rows_duplicate rows_quarantined",
}

# Functions and procedures that a role may call; all others are the owner's.
FUNCTIONS: dict[str, str] = {
    "application_user": (
        "current_app_user get_optimal_techniques my_technique_affinity search_prompt_templates "
        "search_community_prompts words_of"
    ),
    "workbench": "get_optimal_techniques normalised_prompt",
    "reviewer": "",
}
