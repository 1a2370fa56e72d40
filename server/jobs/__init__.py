"""The jobs: one file each; a job reads like a table of contents."""
