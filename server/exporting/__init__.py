"""What full and segmented exports share: between the jobs and the floors of PostgreSQL and files."""
