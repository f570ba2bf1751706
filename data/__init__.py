"""What is stored, and what does everything start from: tables, migrations, seed, taxonomy, corpus, lexicon."""
