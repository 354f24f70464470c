"""Train, judge and manage the models of a prompt-engineering assistant, inside PostgreSQL."""
