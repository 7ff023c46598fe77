"""The pipeline that scores new data with the newest approved model."""
