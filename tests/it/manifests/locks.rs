//! Lock files: texts to facts.
