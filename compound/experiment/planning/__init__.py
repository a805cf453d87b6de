"""What a run will take and can show, before anything is bought."""
