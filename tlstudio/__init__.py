"""Transfer Learning Studio: from a folder of images to a trained, understood vision model."""

__version__ = "0.1.0"
