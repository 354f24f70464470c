-- What each table is for, for whoever meets it in psql. 'Ours:' marks what the seed does not have; a table that came
-- with its comment in its own migration is not repeated here.
COMMENT ON TABLE users IS 'Accounts, with what a user prefers and pays for.';
COMMENT ON TABLE user_learning_profiles IS 'How far a user has come with which techniques; one row a user at most.';
COMMENT ON TABLE techniques IS 'Prompting techniques: what each does, when to use it and how well it works as a rule.';
COMMENT ON TABLE technique_patterns IS 'Ready-made wordings of a technique, by version.';
COMMENT ON TABLE intent_taxonomy IS
    'The tree of intents; path names an intent from the root down, as in creative.writing.';
COMMENT ON TABLE intent_technique_effectiveness IS
    'How well a technique works for an intent, with how sure that is and on how many prompts it rests.';
COMMENT ON TABLE prompt_templates IS 'Curated prompt templates with placeholders.';
COMMENT ON TABLE prompt_examples IS 'Prompts before and after enhancement that show what helps.';
COMMENT ON TABLE prompt_history IS
    'Every prompt that was enhanced, by month of created_at (UTC); what no month covers lies in the default partition.';
COMMENT ON TABLE prompt_history_archive IS 'Prompts older than six months, moved here by archive_old_prompts().';
COMMENT ON TABLE enhancement_feedback IS 'What users said in detail about an enhancement.';
COMMENT ON TABLE enhancement_feedback_archive IS
    'Ours: the feedback on archived prompts, which archiving would else delete.';
COMMENT ON TABLE technique_performance_analytics IS 'What each technique did on each day (UTC).';
COMMENT ON TABLE ml_training_data IS 'Labelled prompts by dataset version, split into training and test rows.';
COMMENT ON TABLE ml_model_performance IS 'Every trained model with its scores; at most one of a type is active.';
COMMENT ON TABLE ab_experiments IS 'A/B experiments: two variants, whom they meet, what is measured and what came out.';
COMMENT ON TABLE community_prompts IS 'Prompts that users share; others see those that are public and approved.';
COMMENT ON TABLE community_interactions IS 'What one user did with one shared prompt, with private notes.';
COMMENT ON TABLE import_batches IS 'Ours: every imported file, by content and options, and how many rows it gave.';
COMMENT ON TABLE import_quarantine IS 'Ours: rows of imported files that were set aside, with the reason.';
COMMENT ON TABLE history_simulations IS 'Ours: simulated histories with the ground truth they were drawn from.';
COMMENT ON TABLE schema_migrations IS 'Ours: which file of sql/ was run, by the digest of its content.';

COMMENT ON COLUMN prompt_history_archive.is_synthetic IS 'Ours: as in prompt_history.';
