"""What does not belong in a collection: detectors fitted to normal songs, faults to try them on, reasons."""
