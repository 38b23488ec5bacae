"""What every part of the trainers needs: errors, files, locks, signals."""
