"""What a model holds: genres in the latent space, calibration, forms, vectors, and the file that keeps them.

This room reads no MIDI and decodes nothing. Most people want `file.load_model_file`.
"""
