"""Trained models as files for serving, checked before they are written."""
