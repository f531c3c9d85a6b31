"""Data only: icons, fonts, styles and the embedded model."""
