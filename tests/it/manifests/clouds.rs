//! Platforms, their functions and pipelines: texts to facts.
